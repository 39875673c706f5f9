import { endHook, type DueHook, type HookEnd, type ScriptClient } from '@huntaze/core/lua';
import type { Clock } from '@huntaze/core/clock';
import { isAlive } from '../identity/tokens.ts';
import type { S3 } from '../objects.ts';
import { describe } from '../operations/describe.ts';
import { readWebhook, type KeptWebhook } from './kept.ts';
import { post, type Answer, type Way } from './post.ts';
import { nextTry } from './retry.ts';
import { signed } from './sign.ts';

/** What delivering takes. */
export interface Post {
  redis: ScriptClient;
  s3: S3;
  env: { RESULTS_BUCKET: string; API_TOKEN_SHA256: string; WEBHOOKS_TO_LOOPBACK: boolean };
  clock: Clock;
  log: (line: Record<string, unknown>) => void;
  /** From 0 to 1, evenly. */
  random: () => number;
  /** Where a test has names of its own. */
  resolve?: Way['resolve'];
  /** A simulation's time for the line (ms); absent, Redis's own clock rules. */
  lineNow?: () => number;
}

/** When S3 can't say whom to tell, it is asked again after this time (ms). */
const ASK_AGAIN_MS = 30_000;
/** How much of what went wrong is kept (characters). */
const MOST_SAID = 200;

/**
 * Tells a token's webhook that an operation has ended, once, and settles what becomes of it.
 * @throws when Redis can't be told: after its lease the delivery is made again
 */
export async function deliver(at: Post, hook: DueHook): Promise<void> {
  const end = await attempt(at, hook);
  await endHook(at.redis, hook, end, at.lineNow?.());
}

async function attempt(at: Post, hook: DueHook): Promise<HookEnd> {
  const { operation, tokenId } = hook;
  const tell = (message: string, more: Record<string, unknown>) =>
    at.log({ message, operation_id: operation.id, token_id: tokenId, ...more });
  const now = () => at.lineNow?.() ?? at.clock.now();
  let webhook: KeptWebhook | undefined;
  try {
    webhook = await receiverOf(at, tokenId);
  } catch (error) {
    tell('webhook waits: its address can not be read', { error: String(error) });
    return { is: 'later', dueAt: now() + ASK_AGAIN_MS };
  }
  if (webhook === undefined) {
    tell('webhook dropped: its token has none any more', {});
    return { is: 'gone' };
  }
  const began = at.clock.now();
  const answer = await send(at, hook, webhook);
  const why = faultIn(answer);
  const said = {
    tries: hook.tries + 1,
    duration_ms: Math.round(at.clock.now() - began),
    ...('status' in answer && { status: answer.status }),
  };
  if (why === undefined) {
    tell('webhook delivered', said);
    return { is: 'gone' };
  }
  const status = 'status' in answer ? answer.status : undefined;
  const dueAt = status === 410 ? undefined : nextTry(hook.tries + 1, now(), at.random());
  if (dueAt === undefined) {
    tell('webhook given up', { ...said, why });
    return { is: 'dead', status, why };
  }
  tell('webhook failed', { ...said, why, again_at: new Date(dueAt).toISOString() });
  return { is: 'again', dueAt, status, why };
}

/** Undefined: nobody is to be told, since the webhook or its token has ended. Rejects where S3 can't say. */
async function receiverOf({ s3, env, clock }: Post, tokenId: string): Promise<KeptWebhook | undefined> {
  const webhook = await readWebhook(s3, env.RESULTS_BUCKET, tokenId);
  if (webhook === undefined || webhook.token_sha256 === env.API_TOKEN_SHA256) return webhook;
  const isOn = await isAlive(s3, env.RESULTS_BUCKET, webhook.token_sha256, clock.now());
  return isOn ? webhook : undefined;
}

function send(at: Post, { operation }: DueHook, { url, secret }: KeptWebhook): Promise<Answer> {
  const body = JSON.stringify({ type: 'operation.ended', operation: describe(operation) });
  // What ends again, otherwise (somebody has found out how it had ended), is news.
  const id = `${operation.id}-${operation.state}`;
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Huntaze-Webhooks/1',
    ...signed(id, body, secret, at.clock.now()),
  };
  const { clock, resolve, env } = at;
  return post(url, headers, body, {
    clock,
    toLoopback: env.WEBHOOKS_TO_LOOPBACK,
    ...(resolve && { resolve }),
  });
}

/** Why an answer isn't the one that was hoped for; undefined: it is. */
function faultIn(answer: Answer): string | undefined {
  if ('why' in answer) return answer.why.slice(0, MOST_SAID);
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed`;
  return status === 410 ? 'answered 410: it wants nothing any more' : `answered ${status}`;
}
