import { cancel, listOperations, readOperation, type OperationRecord } from '@huntaze/core/lua';
import { isSafeId } from '@huntaze/core/ids';
import {
  check,
  KINDS,
  operationRequest,
  safeId,
  STATES,
  type OperationRequest,
  type State,
} from '@huntaze/core/operations';
import { wholeNumber } from '@huntaze/core/env';
import * as z from 'zod/mini';
import { recorded } from '../audit/audit.ts';
import type { Api } from '../compose.ts';
import { bound, endpoint, type Endpoint } from '../http/endpoint.ts';
import { effects } from '../http/acts.ts';
import { fromLine } from '../http/from-line.ts';
import { badRequest, conflict, notFound, Refusal, unavailable } from '../http/problem.ts';
import { isBoundTo, type Identity } from '../identity/roles.ts';
import { acceptOperation, idempotencyOf } from './accept.ts';
import { describe, iso, shownOperation, type ShownOperation } from './describe.ts';
import { refused } from './refused.ts';
import { keyOf, PARTS, readPart, type Part } from './results.ts';

/** What an Idempotency-Key may be: printable ASCII, as the header allows it. */
const KEY = /^[!-~]{1,255}$/;
const HEADERS = {
  'Idempotency-Key':
    'Makes a request safe to repeat, for 24 hours: 1 to 255 printable characters without spaces, another for each request',
};

const TAG = 'Operations';
/** So many requests at a time. */
const MOST_IN_BATCH = 100;
/** A batch of the longest messages (bytes). */
const MOST_BATCH_BYTES = 2 * 1_024 * 1_024;

export const accepted = z.strictObject({
  operation_id: z.string(),
  state: z.enum(STATES),
  position: z.optional(z.int()),
  expected_at: z.optional(z.iso.datetime()),
});
export type Accepted = z.infer<typeof accepted>;

/** What became of one request of a batch, in the batch's order. */
const batchItem = z.union([
  z.strictObject({ status: z.literal(202), ...accepted.shape }),
  z.strictObject({ status: z.int(), title: z.string(), detail: z.string() }),
]);

const inPath = z.strictObject({ id: z.string() });
const page = z.strictObject({
  limit: z._default(wholeNumber(1, 200), 50),
  cursor: z.optional(z.string().check(z.regex(/^\d{1,15}$/, 'must be the `next` of the page before'))),
  creator: z.optional(safeId),
  kind: z.optional(z.enum(KINDS)),
  state: z.optional(
    z.string().check(z.refine(areStates, `must be some of ${STATES.join(', ')}, with commas between them`)),
  ),
});
/** Those in which nothing has begun, unless its effect was tried. */
const MAY_BE_CANCELLED: ReadonlySet<State> = new Set<State>(['pending', 'waiting', 'forwarded']);
const cancelling = z.strictObject({
  reason: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
  dry_run: z.optional(z.boolean()),
});

/** The endpoints under /api/onlyfans/operations. */
export function operationEndpoints(api: () => Api) {
  const create = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/operations',
      tag: TAG,
      summary: 'Ask for one operation',
      description:
        'It is accepted as a whole or not at all. Asked again under the same `Idempotency-Key` within 24 hours, it is the operation of the first call, whatever became of its answer: a request without an answer is safely made again under its key.',
      role: 'creator',
      headers: HEADERS,
      body: operationRequest,
      answers: {
        202: {
          description: 'Accepted; `Location` tells at any moment what it waits for',
          schema: accepted,
          headers: { Location: 'Where the operation is read' },
        },
        409: { description: 'Its creator is being drained' },
        429: { description: 'As many of its creator wait as may, or its turn would come too late' },
        422: { description: 'The Idempotency-Key was used for another request' },
        503: {
          description:
            'Nothing was accepted, and nothing of it will be done; or, where `detail` says so, that is not known: ask again under the same `Idempotency-Key` after `Retry-After`',
        },
      },
    },
    async ({ request, identity, body, now }) => {
      bound(identity, body.creator_id, 'creator');
      const shown = await take(api(), identity, body, idempotencyKeyOf(request), now);
      const headers = { location: `/api/onlyfans/operations/${shown.operation_id}` };
      return Response.json(shown, { status: 202, headers });
    },
  );

  const createBatch = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/operations/batch',
      tag: TAG,
      summary: `Ask for up to ${MOST_IN_BATCH} operations`,
      description:
        'Each is accepted or refused by itself, in the order of the list. Under an `Idempotency-Key`, each has its own by its place.',
      role: 'creator',
      headers: HEADERS,
      body: z.strictObject({
        operations: z.array(z.unknown()).check(z.minLength(1), z.maxLength(MOST_IN_BATCH)),
      }),
      mostBytes: MOST_BATCH_BYTES,
      answers: {
        207: {
          description: 'What became of each',
          schema: z.strictObject({ operations: z.array(batchItem) }),
        },
      },
    },
    async ({ request, identity, body, now }) => {
      const key = idempotencyKeyOf(request);
      const requests = body.operations.map((value, i) => readOne(value, i, identity));
      const operations: z.infer<typeof batchItem>[] = [];
      // One after the other: of one creator the first in the list is to be the first in the line.
      for (const [i, one] of requests.entries())
        operations.push(await takeOne(api(), identity, one, key && `${key}:${i}`, now));
      return Response.json({ operations }, { status: 207 });
    },
  );

  const list = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/onlyfans/operations',
      tag: TAG,
      summary: 'The newest operations first',
      description:
        'A page of those that are asked for, by creator, kind and states; `next` is the cursor of the page after it. What comes meanwhile moves nothing between two pages. The newest 10,000 are listed.',
      role: 'viewer',
      query: page,
      answers: {
        200: {
          description: 'A page of them',
          schema: z.strictObject({
            operations: z.array(shownOperation),
            next: z.optional(z.string()),
          }),
        },
      },
    },
    async ({ identity, query }) => Response.json(await listShown(api(), identity, query)),
  );

  const read = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/onlyfans/operations/{id}',
      tag: TAG,
      summary: 'One operation: its state, what it waits for and until when',
      role: 'viewer',
      params: inPath,
      answers: { 200: { description: 'All that is known of it', schema: shownOperation } },
    },
    async ({ identity, params }) => Response.json(describe(await find(api(), identity, params.id))),
  );

  const cancelOne = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/operations/{id}/cancel',
      tag: TAG,
      summary: 'Cancel an operation that hasn’t begun',
      role: 'creator',
      params: inPath,
      body: cancelling,
      answers: {
        200: {
          description: 'It is cancelled; with `dry_run`, what that would do',
          schema: z.union([shownOperation, effects]),
        },
        409: { description: 'It has begun, or ended: nothing was changed' },
      },
    },
    async ({ identity, params, body, now }) => {
      const before = await find(api(), identity, params.id);
      if (body.dry_run) return Response.json({ effect: cancelEffect(before) });
      const why = body.reason ?? `cancelled by ${identity.tokenId}`;
      const perform = async () => {
        const cancellation = await fromLine(cancel(api().redis, before.id, why));
        if (cancellation.is === 'unknown') throw notFound('operation');
        if (cancellation.is === 'too late' && cancellation.state !== 'cancelled') throw tooLate(cancellation);
        return describe(await find(api(), identity, params.id));
      };
      // A creator’s own program cancels what it has asked for itself; an operator’s word is recorded.
      if (identity.role !== 'operator') return Response.json(await perform());
      let shown: ShownOperation | undefined;
      await recorded(
        api(),
        {
          token_id: identity.tokenId,
          action: 'operation.cancel',
          on: `operation ${before.id} of creator ${before.creator}`,
          before: { state: before.state },
        },
        now,
        async () => {
          shown = await perform();
          return { state: shown.state, ...(body.reason !== undefined && { reason: body.reason }) };
        },
      );
      return Response.json(shown);
    },
  );

  const part = (name: Part, summary: string) =>
    endpoint(
      api,
      {
        method: 'GET',
        path: `/api/onlyfans/operations/{id}/${name}`,
        tag: TAG,
        summary,
        role: 'viewer',
        params: inPath,
        answers: { 200: { description: 'As it was kept', contentType: PARTS[name].contentType } },
      },
      async ({ identity, params }) => {
        const { creator, id } = await find(api(), identity, params.id);
        const { s3, env } = api();
        const found = await readPart(s3, env.RESULTS_BUCKET, keyOf(creator, id, name)).catch(
          (error: unknown) => {
            throw unavailable('the results can not be reached; try again', error);
          },
        );
        if (found === undefined) throw notFound(name);
        const headers = {
          'content-type': PARTS[name].contentType,
          // Whatever a page of the site has put there, no browser is to run it.
          'content-security-policy': "default-src 'none'; sandbox",
          ...(found.bytes !== undefined && { 'content-length': String(found.bytes) }),
        };
        return new Response(found.body, { headers });
      },
    );
  const result = part('result', 'What an operation has brought, or how it failed');
  const screenshot = part('screenshot', 'The page as it was when the operation failed');
  const trace = part('trace', 'What happened on the page until the operation failed');

  return { create, createBatch, list, read, cancelOne, result, screenshot, trace } satisfies Record<
    string,
    Endpoint
  >;
}

function areStates(text: string): boolean {
  return text.split(',').every(state => (STATES as readonly string[]).includes(state));
}

/**
 * A page of the operations that somebody may see.
 * @param query as GET /api/onlyfans/operations has it
 * @throws Refusal 503
 */
async function listShown(
  { redis, limit }: Pick<Api, 'redis' | 'limit'>,
  identity: Identity,
  query: z.infer<typeof page>,
): Promise<{ operations: ShownOperation[]; next?: string }> {
  const { creator, kind, state, cursor } = query;
  if (creator !== undefined && !isBoundTo(identity, creator)) return { operations: [] };
  const filter = {
    kind,
    states: state?.split(',') as State[] | undefined,
    creators: creator !== undefined ? [creator] : identity.creators === 'all' ? undefined : identity.creators,
  };
  const found = await fromLine(listOperations(redis, limit, { cursor, most: query.limit, filter }));
  return {
    operations: found.operations.map(describe),
    ...(found.next !== undefined && { next: found.next }),
  };
}

/** What cancelling an operation would do, for people. @throws Refusal 409 where it is too late */
function cancelEffect(record: OperationRecord): string[] {
  if (record.state === 'cancelled') return ['nothing: it is cancelled already'];
  if (!MAY_BE_CANCELLED.has(record.state) || record.tried !== undefined) throw tooLate(record);
  return [
    `${record.kind} of ${record.creator} never begins`,
    record.state === 'forwarded'
      ? `what ${record.creator} has asked for after it takes its turn at the site`
      : 'it leaves the line: what is behind it moves up',
  ];
}

function tooLate({ state }: { state: State }): Refusal {
  return conflict(`the operation is ${state}: it can’t be cancelled any more`);
}

/** @throws Refusal 400 */
function idempotencyKeyOf(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key');
  if (key === null || KEY.test(key)) return key ?? undefined;
  throw badRequest([
    { field: 'Idempotency-Key', message: 'must be 1 to 255 printable characters without spaces' },
  ]);
}

/** Takes one operation on. @throws Refusal */
async function take(
  api: Api,
  identity: Identity,
  request: OperationRequest,
  key: string | undefined,
  now: number,
): Promise<Accepted> {
  const idempotency = key === undefined ? undefined : idempotencyOf(key, identity.tokenSha256, request);
  try {
    const place = await acceptOperation(api, request, idempotency, now, { tokenId: identity.tokenId });
    return {
      operation_id: place.operationId,
      state: place.state,
      ...(place.state === 'pending' && { position: place.position, expected_at: iso(place.expectedAt) }),
    };
  } catch (error) {
    throw refused(error);
  }
}

/** One request of a batch, or why it is none. */
type One = { request: OperationRequest } | { refusal: Refusal };

function readOne(value: unknown, i: number, identity: Identity): One {
  const checked = check(operationRequest, value);
  if (!checked.ok) {
    const faults = checked.faults.map(({ field, message }) => ({
      field: `operations.${i}.${field}`,
      message,
    }));
    return { refusal: badRequest(faults) };
  }
  if (!isBoundTo(identity, checked.value.creator_id)) return { refusal: notFound('creator') };
  return { request: checked.value };
}

async function takeOne(
  api: Api,
  identity: Identity,
  one: One,
  key: string | undefined,
  now: number,
): Promise<z.infer<typeof batchItem>> {
  try {
    if ('refusal' in one) throw one.refusal;
    return { status: 202, ...(await take(api, identity, one.request, key, now)) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, title, detail } = error.problem;
    return { status, title, detail };
  }
}

/** @throws Refusal 404, also of another's */
export async function find(api: Api, identity: Identity, id: string): Promise<OperationRecord> {
  const record = isSafeId(id) ? await fromLine(readOperation(api.redis, api.limit, id)) : undefined;
  if (record === undefined || !isBoundTo(identity, record.creator)) throw notFound('operation');
  return record;
}
