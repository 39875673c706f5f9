import { drain, pause, readCreators, resume, skipHead, type Skip, type Who } from '@huntaze/core/lua';
import { isSafeId } from '@huntaze/core/ids';
import { safeId } from '@huntaze/core/operations';
import { inTime } from '@huntaze/core/times';
import * as z from 'zod/mini';
import { recorded } from '../audit/audit.ts';
import type { Api } from '../compose.ts';
import { actAnswer, counted, dryRun, reason, wouldDo } from '../http/acts.ts';
import { bound, endpoint, forAll, type Endpoint } from '../http/endpoint.ts';
import { fromLine } from '../http/from-line.ts';
import { badRequest, conflict, notFound } from '../http/problem.ts';
import { isBoundTo, type Identity } from '../identity/roles.ts';
import { describeCreator, shownCreator, type ShownCreator } from './describe.ts';

const TAG = 'Creators';
const inPath = z.strictObject({ id: z.string() });
const halting = z.strictObject({
  until: z.optional(z.iso.datetime({ offset: true, error: 'must be a time like 2026-01-31T12:00:00Z' })),
  reason,
  dry_run: dryRun,
});
const ending = z.strictObject({ reason, dry_run: dryRun });
const skipping = z.strictObject({ operation_id: z.optional(safeId), reason, dry_run: dryRun });
const nothing = z.strictObject({});

/**
 * How the creators stand that somebody may see, by name.
 * @throws Refusal 503
 */
export async function creators(
  { redis, limit }: Pick<Api, 'redis' | 'limit'>,
  identity: Identity,
): Promise<ShownCreator[]> {
  const named = identity.creators === 'all' ? undefined : identity.creators;
  return (await fromLine(readCreators(redis, limit, named))).map(describeCreator);
}

/**
 * How one creator stands; one of whom nothing is known has nothing to do.
 * @throws Refusal 404 for whom it isn't, 503
 */
async function oneCreator(
  { redis, limit }: Pick<Api, 'redis' | 'limit'>,
  identity: Identity,
  creatorId: string,
): Promise<ShownCreator> {
  if (!isSafeId(creatorId) || !isBoundTo(identity, creatorId)) throw notFound('creator');
  const [record] = await fromLine(readCreators(redis, limit, [creatorId]));
  if (record === undefined) throw notFound('creator');
  return describeCreator(record);
}

/** The two ways of halting somebody, in words. */
const HALTING = {
  pause: {
    halt: pause,
    summary: 'Let nothing begin any more, until it is resumed',
    effects: (creator: ShownCreator, until: string) => [
      `${counted(creator.pending + creator.waiting + creator.forwarded, 'operation')} of ${creator.creator_id} ${creator.pending + creator.waiting + creator.forwarded === 1 ? 'waits' : 'wait'} ${until}`,
      creator.running > 0
        ? `${counted(creator.running, 'operation')} at work ${creator.running === 1 ? 'comes' : 'come'} to the end`
        : 'nothing of it is at work',
      'new operations are accepted, and wait, too',
    ],
    forAll: (until: string) => [
      `nothing of any creator begins ${until}`,
      'what is at work comes to its end; new operations are accepted, and wait',
    ],
  },
  drain: {
    halt: drain,
    summary: 'Accept nothing new; what was accepted is done',
    effects: (creator: ShownCreator, until: string) => [
      `new operations of ${creator.creator_id} are refused ${until}`,
      `${counted(creator.pending + creator.waiting + creator.forwarded + creator.running, 'operation')} already accepted ${creator.pending + creator.waiting + creator.forwarded + creator.running === 1 ? 'is' : 'are'} done in order`,
    ],
    forAll: (until: string) => [
      `new operations of every creator are refused ${until}`,
      'what was accepted is done in order',
    ],
  },
} as const;

/** The endpoints under /api/onlyfans/creators, and those that act on everybody. */
export function creatorEndpoints(api: () => Api) {
  const list = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/onlyfans/creators',
      tag: TAG,
      summary: 'Every creator: what waits, since when, until when, and what holds it up',
      role: 'viewer',
      answers: {
        200: {
          description: 'Those that this token may see, by name',
          schema: z.strictObject({ creators: z.array(shownCreator) }),
        },
      },
    },
    async ({ identity }) => Response.json({ creators: await creators(api(), identity) }),
  );

  const read = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/onlyfans/creators/{id}',
      tag: TAG,
      summary: 'One creator',
      role: 'viewer',
      params: inPath,
      answers: { 200: { description: 'How it stands', schema: shownCreator } },
    },
    async ({ identity, params }) => Response.json(await oneCreator(api(), identity, params.id)),
  );

  const haltOne = (name: keyof typeof HALTING) =>
    endpoint(
      api,
      {
        method: 'POST',
        path: `/api/onlyfans/creators/{id}/${name}`,
        tag: TAG,
        summary: HALTING[name].summary,
        role: 'operator',
        params: inPath,
        body: halting,
        answers: { 200: actAnswer('How it stands now', shownCreator) },
      },
      async ({ identity, params, body, now }) => {
        bound(identity, params.id, 'creator');
        if (!isSafeId(params.id)) throw notFound('creator');
        const before = await standing(api(), identity, params.id);
        const untilMs = untilOf(body.until, now);
        if (body.dry_run) return wouldDo(HALTING[name].effects(before, untilInWords(untilMs, now)));
        const { scope } = api().limit;
        const order = { who: { creatorId: params.id }, scope, why: whyOf(body, name, identity), untilMs };
        const after = await recorded(
          api(),
          { token_id: identity.tokenId, action: `creator.${name}`, on: `creator ${params.id}`, before },
          now,
          async () => {
            await fromLine(HALTING[name].halt(api().redis, order));
            return standing(api(), identity, params.id);
          },
        );
        return Response.json(after);
      },
    );

  const haltAll = (name: keyof typeof HALTING) =>
    endpoint(
      api,
      {
        method: 'POST',
        path: `/api/onlyfans/${name}`,
        tag: TAG,
        summary: `${HALTING[name].summary}: everybody`,
        role: 'operator',
        body: halting,
        answers: { 200: actAnswer('It is done', nothing) },
      },
      async ({ identity, body, now }) => {
        forAll(identity);
        const untilMs = untilOf(body.until, now);
        if (body.dry_run) return wouldDo([...HALTING[name].forAll(untilInWords(untilMs, now))]);
        const { redis, limit } = api();
        const why = whyOf(body, name, identity);
        const order = { who: 'everybody', scope: limit.scope, why, untilMs } as const;
        const about = { token_id: identity.tokenId, action: `everybody.${name}`, on: 'everybody' };
        await recorded(api(), about, now, async () => {
          await fromLine(HALTING[name].halt(redis, order));
          return { why, ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }) };
        });
        return Response.json({});
      },
    );

  const resumeOne = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/creators/{id}/resume',
      tag: TAG,
      summary: 'End a pause, a draining, or what the site has refused',
      description:
        'It takes its place in the line from now on: the turns that it missed it doesn’t get afterwards.',
      role: 'operator',
      params: inPath,
      body: ending,
      answers: { 200: actAnswer('How it stands now', shownCreator) },
    },
    async ({ identity, params, body, now }) => {
      bound(identity, params.id, 'creator');
      const before = await oneCreator(api(), identity, params.id);
      if (body.dry_run) return wouldDo(resumeEffects(before));
      const order = { who: { creatorId: params.id } as Who, scope: api().limit.scope };
      const about = {
        token_id: identity.tokenId,
        action: 'creator.resume',
        on: `creator ${params.id}`,
        before,
      };
      const after = await recorded(api(), about, now, async () => {
        await fromLine(resume(api().redis, order));
        return oneCreator(api(), identity, params.id);
      });
      return Response.json(after);
    },
  );

  const resumeAll = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/resume',
      tag: TAG,
      summary: 'End everybody’s pause or draining',
      role: 'operator',
      body: ending,
      answers: { 200: actAnswer('It is done', nothing) },
    },
    async ({ identity, body, now }) => {
      forAll(identity);
      if (body.dry_run)
        return wouldDo([
          'what waits goes on at the limit; creators that are paused by themselves stay paused',
        ]);
      const { redis, limit } = api();
      const about = { token_id: identity.tokenId, action: 'everybody.resume', on: 'everybody' };
      await recorded(api(), about, now, async () => ({
        was_halted: await fromLine(resume(redis, { who: 'everybody', scope: limit.scope })),
      }));
      return Response.json({});
    },
  );

  const skip = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/creators/{id}/skip',
      tag: TAG,
      summary: 'Skip what keeps a creator from going on',
      description:
        'An earlier operation that was never seen is awaited no longer; or else the first that hasn’t ended is cancelled. Name it in `operation_id`, so that nothing else is skipped should it have gone meanwhile.',
      role: 'operator',
      params: inPath,
      body: skipping,
      answers: {
        200: actAnswer('How it stands now', shownCreator),
        409: { description: 'It has begun, another is first by now, or there is nothing to skip' },
      },
    },
    async ({ identity, params, body, now }) => {
      bound(identity, params.id, 'creator');
      const before = await oneCreator(api(), identity, params.id);
      const { redis, limit } = api();
      const order = { creatorId: params.id, scope: limit.scope, why: whyOf(body, 'skip', identity) };
      const would = await fromLine(skipHead(redis, order, body.operation_id, undefined, true));
      if (would.is !== 'awaited' && would.is !== 'cancelled') throw notSkipped(would);
      if (body.dry_run) return wouldDo(skipEffects(would, params.id));
      const about = {
        token_id: identity.tokenId,
        action: 'creator.skip',
        on: `creator ${params.id}`,
        before,
      };
      const after = await recorded(api(), about, now, async () => {
        const skipped = await fromLine(skipHead(redis, order, would.operationId));
        if (skipped.is !== 'awaited' && skipped.is !== 'cancelled') throw notSkipped(skipped);
        return { ...(await oneCreator(api(), identity, params.id)), skipped: skipped.operationId };
      });
      const { skipped: _, ...shown } = after;
      return Response.json(shown);
    },
  );

  return {
    list,
    read,
    pauseOne: haltOne('pause'),
    drainOne: haltOne('drain'),
    resumeOne,
    skip,
    pauseAll: haltAll('pause'),
    drainAll: haltAll('drain'),
    resumeAll,
  } satisfies Record<string, Endpoint>;
}

/** How a creator stands of whom nothing need be known: it can be halted before its first operation. */
async function standing(api: Api, identity: Identity, creatorId: string): Promise<ShownCreator> {
  const [record] = await fromLine(readCreators(api.redis, api.limit, [creatorId]));
  return describeCreator(
    record ?? { creator: creatorId, pending: 0, waiting: 0, forwarded: 0, running: 0, unknown: [] },
  );
}

/** @throws Refusal 400 for a time that is over */
function untilOf(until: string | undefined, now: number): number | undefined {
  if (until === undefined) return undefined;
  const time = Date.parse(until);
  if (time <= now) throw badRequest([{ field: 'until', message: 'must be later than now' }]);
  return time;
}

const untilInWords = (untilMs: number | undefined, now: number) =>
  untilMs === undefined ? 'until resumed' : `until that is over, ${inTime(untilMs - now)}`;

function whyOf({ reason: why }: { reason?: string | undefined }, act: string, identity: Identity): string {
  return why ?? `${act} by ${identity.tokenId}`;
}

function resumeEffects({ creator_id, state, why, pending, waiting, forwarded }: ShownCreator): string[] {
  const held = pending + waiting + forwarded;
  if (state === 'needs_login')
    return [
      `${creator_id} stays as it is: the site doesn’t let it in${why ? ` (${why})` : ''}; clear that instead`,
    ];
  if (state !== 'paused' && state !== 'draining' && state !== 'refused')
    return [`${creator_id} isn’t halted: nothing changes`];
  return [
    `${counted(held, 'operation')} of ${creator_id} ${held === 1 ? 'goes' : 'go'} on in order, from now on and at the limit`,
  ];
}

function skipEffects({ is, operationId }: Skip, creatorId: string): string[] {
  return is === 'awaited'
    ? [`${operationId} goes without waiting any longer for the operation before it, which was never seen`]
    : [`${operationId} is cancelled, and the next of ${creatorId} is first`];
}

function notSkipped({ is, operationId }: Skip) {
  if (is === 'begun')
    return conflict(`${operationId} has begun, or its effect was tried: only its end can settle it`);
  if (is === 'another') return conflict(`another is first by now: ${operationId}; look again`);
  return conflict('nothing of this creator waits');
}
