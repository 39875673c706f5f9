import { countOfKind, pauseKind, resumeKind } from '@huntaze/core/lua';
import { KINDS, type Kind } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { recorded } from '../audit/audit.ts';
import type { Api } from '../compose.ts';
import { endpoint, forAll, type Endpoint } from '../http/endpoint.ts';
import { effects } from '../http/acts.ts';
import { fromLine } from '../http/from-line.ts';
import type { Identity } from '../identity/roles.ts';
import { pausedKinds, type ShownPause } from './kinds.ts';

const TAG = 'Kinds';
/** How long a dry run may look through the records (ms). */
const COUNT_WITHIN_MS = 3_000;

const shownKind = z.strictObject({
  kind: z.enum(KINDS),
  paused: z.optional(
    z.strictObject({
      since: z.iso.datetime(),
      why: z.string(),
      by: z.enum(['site changed', 'operator']),
    }),
  ),
});
type ShownKind = z.infer<typeof shownKind>;

const inPath = z.strictObject({ kind: z.enum(KINDS) });
const dryRun = z.optional(z.boolean());
const reason = z.optional(z.string().check(z.minLength(1), z.maxLength(200)));
const acted = z.union([shownKind, effects]);

/** The endpoints under /api/onlyfans/kinds. */
export function kindEndpoints(api: () => Api) {
  const list = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/onlyfans/kinds',
      tag: TAG,
      summary: 'Every kind of operation, and whether it is paused',
      description:
        'A kind is paused by an operator, or by the scraper once the site’s answers to it don’t fit what it knows any more (`site changed`).',
      role: 'viewer',
      answers: {
        200: { description: 'All kinds', schema: z.strictObject({ kinds: z.array(shownKind) }) },
      },
    },
    async () => {
      const paused = await pausedKinds(api().redis);
      return Response.json({ kinds: KINDS.map(kind => shown(kind, paused)) });
    },
  );

  const pause = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/kinds/{kind}/pause',
      tag: TAG,
      summary: 'Let no operation of a kind begin, of any creator',
      description:
        'What runs comes to its end. What is asked for is accepted, and waits; what the same creator asked for after it waits behind it.',
      role: 'operator',
      params: inPath,
      body: z.strictObject({ reason, dry_run: dryRun }),
      answers: { 200: { description: 'It is paused; or what would happen', schema: acted } },
    },
    async ({ identity, params: { kind }, body, now }) => {
      forAll(identity);
      if (body.dry_run) return Response.json({ effect: [await effectOfPause(api(), kind)] });
      const why = body.reason ?? `paused by ${identity.tokenId}`;
      const change = () => pauseKind(api().redis, { kind, why });
      return act(api(), { identity, action: 'kind.pause', kind, now, change });
    },
  );

  const resume = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/kinds/{kind}/resume',
      tag: TAG,
      summary: 'Let operations of a kind begin again',
      description:
        'Whoever has paused it. If the site’s answers still don’t fit, the first of them pauses it again.',
      role: 'operator',
      params: inPath,
      body: z.strictObject({ reason, dry_run: dryRun }),
      answers: { 200: { description: 'It isn’t paused; or what would happen', schema: acted } },
    },
    async ({ identity, params: { kind }, body, now }) => {
      forAll(identity);
      if (body.dry_run) return Response.json({ effect: await effectOfResume(api(), kind) });
      const change = () => resumeKind(api().redis, kind);
      return act(api(), { identity, action: 'kind.resume', kind, now, change, why: body.reason });
    },
  );

  return { list, pause, resume } satisfies Record<string, Endpoint>;
}

function shown(kind: Kind, paused: readonly ShownPause[]): ShownKind {
  const its = paused.find(one => one.kind === kind);
  return { kind, ...(its && { paused: { since: its.since, why: its.why, by: its.by } }) };
}

/** What somebody does to a kind. */
interface Act {
  identity: Identity;
  action: 'kind.pause' | 'kind.resume';
  kind: Kind;
  /** ms since the epoch. */
  now: number;
  change: () => Promise<boolean>;
  /** Where the kind itself doesn't say it afterwards. */
  why?: string | undefined;
}

/** Does it, for the record, and answers how the kind is then. @throws Refusal 503 */
async function act(api: Api, { identity, action, kind, now, change, why }: Act): Promise<Response> {
  const read = async () => shown(kind, await pausedKinds(api.redis));
  let after = await read();
  const about = { token_id: identity.tokenId, action, on: `kind ${kind}`, before: after };
  await recorded(api, about, now, async () => {
    await fromLine(change());
    after = await read();
    return { ...after, ...(why !== undefined && { reason: why }) };
  });
  return Response.json(after);
}

async function effectOfPause({ redis }: Api, kind: Kind): Promise<string> {
  const { operations, creators } = await count(redis, kind);
  if (operations === 0) return `Nothing of ${kind} waits now; what is asked for waits until it is resumed.`;
  const wait = operations === 1 ? 'waits' : 'wait';
  return `${of(operations, creators)} ${wait} until it is resumed, and so does what these creators asked for after them.`;
}

async function effectOfResume(api: Api, kind: Kind): Promise<string[]> {
  const its = shown(kind, await pausedKinds(api.redis)).paused;
  if (!its) return [`${kind} isn’t paused: nothing changes.`];
  const { operations, creators } = await count(api.redis, kind);
  const go =
    operations === 0
      ? `Nothing of ${kind} waits; what is asked for goes on.`
      : `${of(operations, creators)} can begin, each creator’s in order.`;
  const again = 'If the site’s answers still don’t fit, the first of them pauses it again.';
  return its.by === 'site changed' ? [go, again] : [go];
}

async function count(redis: Api['redis'], kind: Kind) {
  return fromLine(countOfKind(redis, kind, AbortSignal.timeout(COUNT_WITHIN_MS)));
}

function of(operations: number, creators: number): string {
  const many = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
  return `${many(operations, 'operation')} of ${many(creators, 'creator')}`;
}
