import { listHooks, noteWebhook, orderHook, type HookOrder, type ListedHook } from '@huntaze/core/lua';
import { isSafeId } from '@huntaze/core/ids';
import { wholeNumber } from '@huntaze/core/env';
import { KINDS, STATES } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { recorded } from '../audit/audit.ts';
import type { Api } from '../compose.ts';
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import { effects } from '../http/acts.ts';
import { fromLine } from '../http/from-line.ts';
import { badRequest, conflict, notFound, unavailable } from '../http/problem.ts';
import type { Identity } from '../identity/roles.ts';
import { iso } from '../operations/describe.ts';
import { faultOf } from './address.ts';
import { endWebhook, keepWebhook, newSecret, readWebhook, type KeptWebhook } from './kept.ts';
import { RETRY_AFTER_MS } from './retry.ts';

const TAG = 'Webhooks';
/** So many deliveries are listed at most. */
const MOST_LISTED = 200;

const time = z.iso.datetime();
const shownWebhook = z.strictObject({ url: z.string(), since: time });

const act = {
  dry_run: z.optional(z.boolean()),
  reason: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
};

/** One delivery that has not been made. */
const shownDelivery = z.strictObject({
  /** Also the delivery's own id. */
  operation_id: z.string(),
  creator_id: z.string(),
  kind: z.enum(KINDS),
  operation_state: z.enum(STATES),
  /** Whose webhook is told. */
  token_id: z.string(),
  state: z.enum(['waiting', 'dead']),
  /** When it is tried next (under way: given up by whoever does it). */
  due_at: z.optional(time),
  /** When it was given up. */
  dead_since: z.optional(time),
  /** How many tries have failed. */
  tries: z.int(),
  /** The last of them: what was answered, and what was wrong with it. */
  last: z.optional(z.strictObject({ at: time, status: z.optional(z.int()), why: z.string() })),
});

/** The endpoints under /api/webhook: of the token that asks. */
export function webhookEndpoints(api: () => Api) {
  const read = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/webhook',
      tag: TAG,
      summary: 'This token’s webhook',
      description: 'Without its secret, which only its setting tells.',
      role: 'creator',
      answers: { 200: { description: 'Where it leads, and since when', schema: shownWebhook } },
    },
    async ({ identity }) => Response.json(shown(await find(api(), identity))),
  );

  const set = endpoint(
    api,
    {
      method: 'PUT',
      path: '/api/webhook',
      tag: TAG,
      summary: 'Be told when an operation has ended',
      description: `Every operation that this token asks for from now on is told of when it has ended: \`{"type": "operation.ended", "operation": …}\` by POST, signed as Standard Webhooks has it, at least once. The answer has the secret, which nobody can say again; set it again for another. A status other than 2xx is tried again, ${RETRY_AFTER_MS.length} times within some 20 hours.`,
      role: 'creator',
      body: z.strictObject({ url: z.string(), ...act }),
      answers: {
        200: {
          description: 'It is set, instead of the one that there was',
          schema: z.union([z.strictObject({ ...shownWebhook.shape, secret: z.string() }), effects]),
        },
      },
    },
    async ({ identity, body, now }) => {
      const { s3, env, redis } = api();
      const fault = faultOf(body.url, env.WEBHOOKS_TO_LOOPBACK);
      if (fault !== undefined) throw badRequest([{ field: 'url', message: fault }]);
      const before = await kept(api(), identity);
      const { host } = new URL(body.url);
      if (body.dry_run === true)
        return said(
          `what this token asks for from now on is told to ${host} when it has ended`,
          ...(before
            ? [`${new URL(before.url).host} is told nothing more`, 'its secret signs nothing more']
            : []),
        );
      const webhook: KeptWebhook = {
        token_id: identity.tokenId,
        token_sha256: identity.tokenSha256,
        url: body.url,
        since: iso(now),
        secret: newSecret(),
      };
      await recorded(api(), about(identity, 'webhook.set', before, body.reason), now, async () => {
        await fromStore(keepWebhook(s3, env.RESULTS_BUCKET, webhook));
        await fromLine(noteWebhook(redis, identity.tokenId, true));
        return recordable(webhook);
      });
      return Response.json({ ...shown(webhook), secret: webhook.secret });
    },
  );

  const end = endpoint(
    api,
    {
      method: 'DELETE',
      path: '/api/webhook',
      tag: TAG,
      summary: 'Be told nothing more',
      description: 'What waits to be told is dropped when it is due.',
      role: 'creator',
      body: z.strictObject(act),
      answers: { 200: { description: 'What it was', schema: z.union([shownWebhook, effects]) } },
    },
    async ({ identity, body, now }) => {
      const { s3, env, redis } = api();
      const before = await find(api(), identity);
      if (body.dry_run === true) return said(`${new URL(before.url).host} is told nothing more`);
      await recorded(api(), about(identity, 'webhook.end', before, body.reason), now, async () => {
        await fromStore(endWebhook(s3, env.RESULTS_BUCKET, identity.tokenId));
        await fromLine(noteWebhook(redis, identity.tokenId, false));
        return null;
      });
      return Response.json(shown(before));
    },
  );

  const deliveries = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/webhook/deliveries',
      tag: TAG,
      summary: 'What could not be told, or not yet',
      description:
        'Those that wait, the first due first; those that were given up (`dead`), the last one first. An operator of all creators sees everybody’s.',
      role: 'creator',
      query: z.strictObject({
        state: z._default(z.enum(['waiting', 'dead']), 'dead'),
        limit: z._default(wholeNumber(1, MOST_LISTED), 50),
      }),
      answers: {
        200: { description: 'Deliveries', schema: z.strictObject({ deliveries: z.array(shownDelivery) }) },
      },
    },
    async ({ identity, query: { state, limit } }) => {
      const found = await fromLine(listHooks(api().redis, state, whose(identity), limit));
      return Response.json({ deliveries: found.map(one => delivery(state, one)) });
    },
  );

  const order = (what: Exclude<HookOrder, 'look'>, summary: string, description: string) =>
    endpoint(
      api,
      {
        method: 'POST',
        path: `/api/webhook/deliveries/{id}/${what}`,
        tag: TAG,
        summary,
        description,
        role: 'creator',
        params: z.strictObject({ id: z.string() }),
        body: z.strictObject(act),
        answers: {
          200: {
            description: 'It is done',
            schema: z.union([
              z.strictObject({ operation_id: z.string(), was: z.enum(['waiting', 'dead']) }),
              effects,
            ]),
          },
          409: { description: 'Its token has no webhook: there is nobody to tell' },
        },
      },
      async ({ identity, params: { id }, body, now }) => {
        const { redis, lineNow } = api();
        const run = async (wanted: HookOrder) =>
          (isSafeId(id) && (await fromLine(orderHook(redis, id, whose(identity), wanted, lineNow?.())))) ||
          missing();
        const before = await run('look');
        if (what === 'redeliver' && (await hasNone(api(), before.tokenId)))
          throw conflict(`${before.tokenId} has no webhook: there is nobody to tell`);
        const sooner = what === 'redeliver' ? 'told now' : 'never told';
        if (body.dry_run === true)
          return said(`that ${id} has ended is ${sooner} to ${before.tokenId}’s webhook`);
        await recorded(
          api(),
          {
            token_id: identity.tokenId,
            action: `webhook.${what}`,
            on: `delivery of operation ${id} of ${before.creatorId}`,
            before: { state: before.state, token_id: before.tokenId },
          },
          now,
          async () => {
            await run(what);
            return {
              state: what === 'redeliver' ? 'waiting' : 'gone',
              ...(body.reason && { reason: body.reason }),
            };
          },
        );
        return Response.json({ operation_id: id, was: before.state });
      },
    );

  return {
    read,
    set,
    end,
    deliveries,
    redeliver: order(
      'redeliver',
      'Tell it now',
      'What was given up has all its tries before it again; what waits is tried now.',
    ),
    discard: order('discard', 'Never tell it', 'Nothing is told of the end of this operation.'),
  } satisfies Record<string, Endpoint>;
}

/** Whose deliveries somebody may see: its own; undefined: everybody's. */
function whose({ role, creators, tokenId }: Identity): string | undefined {
  return role === 'operator' && creators === 'all' ? undefined : tokenId;
}

/** The webhook of whoever asks; of a token that had the same id before, there is nothing. */
async function kept({ s3, env }: Api, { tokenId, tokenSha256 }: Identity): Promise<KeptWebhook | undefined> {
  const webhook = await fromStore(readWebhook(s3, env.RESULTS_BUCKET, tokenId));
  return webhook?.token_sha256 === tokenSha256 ? webhook : undefined;
}

/** @throws Refusal 404 */
async function find(api: Api, identity: Identity): Promise<KeptWebhook> {
  return (await kept(api, identity)) ?? missing('webhook');
}

function missing(what = 'delivery'): never {
  throw notFound(what);
}

async function hasNone({ s3, env }: Api, tokenId: string): Promise<boolean> {
  return (await fromStore(readWebhook(s3, env.RESULTS_BUCKET, tokenId))) === undefined;
}

function shown({ url, since }: KeptWebhook): z.infer<typeof shownWebhook> {
  return { url, since };
}

/** What is recorded of it. Of its address only where that is: paths and queries have secrets of their own. */
function recordable({ url, since }: KeptWebhook): { origin: string; since: string } {
  return { origin: new URL(url).origin, since };
}

function about(identity: Identity, action: string, before: KeptWebhook | undefined, reason?: string) {
  return {
    token_id: identity.tokenId,
    action,
    on: `webhook of token ${identity.tokenId}`,
    before: { ...(before && recordable(before)), ...(reason !== undefined && { reason }) },
  };
}

/** What would come of it, for people. */
function said(...sentences: string[]): Response {
  return Response.json({ effect: sentences });
}

function delivery(state: 'waiting' | 'dead', one: ListedHook): z.infer<typeof shownDelivery> {
  const { operationId, tokenId, at, tries, last, creatorId, kind } = one;
  return {
    operation_id: operationId,
    creator_id: creatorId,
    kind: kind as z.infer<typeof shownDelivery>['kind'],
    operation_state: one.state,
    token_id: tokenId,
    state,
    ...(state === 'waiting' ? { due_at: iso(at) } : { dead_since: iso(at) }),
    tries,
    ...(last && {
      last: {
        at: iso(last.at),
        ...(last.status !== undefined && { status: last.status }),
        why: last.why,
      },
    }),
  };
}

/** @throws Refusal 503 */
async function fromStore<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw unavailable('the webhooks can not be reached; try again', error);
  }
}
