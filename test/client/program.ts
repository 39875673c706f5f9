/**
 * A client as somebody else would write it, knowing nothing of this project but the API's description: `./api.ts` is made
 * from that, and whatever the two disagree about doesn't compile. Prints what it has seen, as JSON.
 */
import createClient from 'openapi-fetch';
import type { components, paths } from './api.ts';

type Problem = components['schemas']['Problem'];
type Operation =
  paths['/api/onlyfans/operations/{id}']['get']['responses'][200]['content']['application/json'];

const [baseUrl = '', token = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

/** What was answered, or an error that says what the problem is. */
function good<T>({ data, error }: { data?: T; error?: Problem }): T {
  if (data === undefined)
    throw new Error(error ? `${error.status} ${error.title}: ${error.detail}` : 'no answer');
  return data;
}

const params = { fan_id: 'fan-1', text: 'hello' };
const request = { kind: 'message.send', creator_id: 'ada', params } as const;
const header = { 'Idempotency-Key': crypto.randomUUID() };
const created = good(await client.POST('/api/onlyfans/operations', { params: { header }, body: request }));
const again = good(await client.POST('/api/onlyfans/operations', { params: { header }, body: request }));

const batch = good(
  await client.POST('/api/onlyfans/operations/batch', {
    body: {
      operations: [
        { kind: 'message.send', creator_id: 'ada', params: { fan_id: 'fan-1', text: 'hello' } },
        { kind: 'no.such', creator_id: 'ada' },
      ],
    },
  }),
);
const ids = batch.operations.flatMap(one => ('operation_id' in one ? [one.operation_id] : []));
const refused = batch.operations.flatMap(one => ('detail' in one ? [one.status] : []));

const path = { id: ids[0] ?? '' };
const read: Operation = good(await client.GET('/api/onlyfans/operations/{id}', { params: { path } }));
const why: string | undefined = read.waits_for;

const listed: string[] = [];
let cursor: string | undefined;
do {
  const query = { creator: 'ada', limit: 1, ...(cursor !== undefined && { cursor }) };
  const page = good(await client.GET('/api/onlyfans/operations', { params: { query } }));
  listed.push(...page.operations.map(({ operation_id }) => operation_id));
  cursor = page.next;
} while (cursor !== undefined);

const cancelled = good(
  await client.POST('/api/onlyfans/operations/{id}/cancel', {
    params: { path },
    body: { reason: 'a trial' },
  }),
);
const problem = await client.GET('/api/onlyfans/operations/{id}', { params: { path: { id: 'nobody' } } });
const wrong = await client.POST('/api/onlyfans/operations', {
  // @ts-expect-error there is no such kind, and the types know it
  body: { kind: 'no.such', creator_id: 'ada', params: {} },
});

const dry = { body: { dry_run: true }, params: { path: { id: 'ada' } } };
const paused = good(await client.POST('/api/onlyfans/creators/{id}/pause', dry));
const resumed = good(await client.POST('/api/onlyfans/creators/{id}/resume', dry));

console.log(
  JSON.stringify({
    isSame: created.operation_id === again.operation_id,
    isListed: [created.operation_id, ...ids].every(id => listed.includes(id)),
    accepted: ids.length,
    refused,
    why: why ?? null,
    cancelled: 'state' in cancelled ? cancelled.state : undefined,
    problem: problem.error?.title,
    wrong: wrong.error?.errors?.map(({ field }) => field),
    paused: 'effect' in paused && paused.effect.length > 0,
    resumed: 'effect' in resumed && resumed.effect.length > 0,
  }),
);
