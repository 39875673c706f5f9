import { creatorEndpoints } from '@huntaze/api/creators/endpoints';
import { limitEndpoints } from '@huntaze/api/limits/endpoints';
import { operationEndpoints } from '@huntaze/api/operations/endpoints';
import { QUEUES } from '@huntaze/core/names';
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api.ts';

// What nobody means well by, or means too well: more than there is room for, and names that would be paths or headers.

const it = useApi();
const operations = operationEndpoints(() => it.api);
const creators = creatorEndpoints(() => it.api);
const limits = limitEndpoints(() => it.api);

const scrape = (creator_id: string) => ({ kind: 'profile.scrape', creator_id, params: {} });
const create = (creatorId: string) => it.ask(operations.create, 'boss', { body: scrape(creatorId) });

describe('back-pressure', () => {
  test('a creator that has too much waiting: 429, in words, and when to come again; others go on', async () => {
    await it.ask(limits.change, 'boss', { body: { most_waiting_of_creator: 2 } });
    for (let n = 0; n < 2; n += 1) expect((await create('ada')).status).toBe(202);
    const { status, headers, json } = await create('ada');
    expect([status, headers.get('retry-after')]).toEqual([429, '6']);
    expect(json['detail']).toBe(
      'not accepted: 2 operations of ada wait already, and at most 2 may; there is room in 6 s at the earliest',
    );
    expect((await create('bea')).status).toBe(202);
    expect(await it.taken(QUEUES.rateLimiter)).toHaveLength(3);
  });

  test('all together: 503; a batch is refused one by one, and nothing of what was refused is sent', async () => {
    await it.ask(limits.change, 'boss', { body: { most_waiting: 2 } });
    const batch = { operations: [scrape('ada'), scrape('bea'), scrape('cleo')] };
    const { json } = await it.ask(operations.createBatch, 'boss', { body: batch });
    expect((json['operations'] as { status: number }[]).map(({ status }) => status)).toEqual([202, 202, 503]);
    const { status, headers } = await create('dora');
    expect([status, headers.get('retry-after')]).toEqual([503, '6']);
    expect(await it.taken(QUEUES.rateLimiter)).toHaveLength(2);
  });
});

const NAMES = [
  '../../audit/2026-01-01',
  '..%2f..%2ftokens',
  'ada/../bea',
  'ada\\bea',
  'ada\r\nx-evil: 1',
  'ada\u0000',
  '*',
  '{{7*7}}',
  '<script>alert(1)</script>',
  'huntaze:2:halts',
  '__proto__',
  'a'.repeat(129),
];

describe.each(NAMES)('%j', name => {
  test('is nobody’s id: not in a body, not in a path, and nothing is kept under it', async () => {
    const before = await it.redis.client.keys('*');
    const { status, json, headers } = await create(name);
    expect([status, headers.get('location')]).toEqual([400, null]);
    expect(json['errors']).toMatchObject([{ field: 'creator_id' }]);
    for (const [endpoint, body] of [
      [operations.read, undefined],
      [operations.cancelOne, {}],
      [operations.result, undefined],
      [creators.read, undefined],
      [creators.pauseOne, {}],
      [creators.skip, {}],
    ] as const) {
      const answer = await it.ask(endpoint, 'boss', { params: { id: name }, ...(body && { body }) });
      expect([endpoint.about.path, answer.status]).toEqual([endpoint.about.path, 404]);
      expect([...answer.headers.keys()]).not.toContain('x-evil');
    }
    expect(await it.redis.client.keys('*')).toEqual(before);
  });

  test('is no filter, and no place to go on from', async () => {
    for (const query of [{ creator: name }, { cursor: name }, { state: name }, { kind: name }] as const)
      expect((await it.ask(operations.list, 'boss', { query })).status).toBe(400);
  });
});

test.each([
  ['a prototype', '{"__proto__":{"role":"operator"},"kind":"profile.scrape","creator_id":"ada","params":{}}'],
  [
    'a field twice, the second one another',
    '{"kind":"x","kind":"profile.scrape","creator_id":"ada","params":{}}',
  ],
  ['deep nesting', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  [
    'half of a pair of surrogates',
    '{"kind":"message.send","creator_id":"ada","params":{"fan_id":"f","text":"\\ud800"}}',
  ],
  ['a number without an end', `{"kind":"fans.scrape","creator_id":"ada","params":{"max":1e999}}`],
])('a body with %s is answered in words, and breaks nothing', async (_, text) => {
  const request = new Request('https://api.example/api/onlyfans/operations', {
    method: 'POST',
    headers: { host: 'api.example', authorization: 'Bearer ada' },
    body: text,
  });
  const response = await operations.create.handle(request, {});
  expect([202, 400]).toContain(response.status);
  if (response.status === 400)
    expect(((await response.json()) as { detail: string }).detail).not.toContain('at Object');
  expect((await it.ask(operations.list, 'ada')).status).toBe(200);
});
