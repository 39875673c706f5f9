import * as z from 'zod/mini';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Identity } from '../identity/roles.ts';
import { requestLimit } from '../identity/request-limit.ts';
import { bound, endpoint, forAll, type About, type Door, type Endpoint } from './endpoint.ts';
import { conflict } from './problem.ts';

const ADA: Identity = { tokenId: 'tok-ada', tokenSha256: 'a', role: 'creator', creators: ['ada'] };
const SITE = 'https://api.example';

let logged: Record<string, unknown>[];
let people: Map<string, Identity>;
let now: number;
let door: Door;
beforeEach(() => {
  logged = [];
  people = new Map([['hz_ada', ADA]]);
  now = 1_800_000_000_000;
  door = {
    authenticate: token => Promise.resolve(people.get(token)),
    allow: requestLimit({ limit: 3, windowMs: 60_000 }),
    now: () => now,
    log: line => void logged.push(line),
  };
});

const about = {
  method: 'POST',
  path: '/api/onlyfans/things/{id}',
  tag: 'Things',
  summary: 'Does a thing',
  role: 'creator',
  params: z.strictObject({ id: z.string() }),
  query: z.strictObject({ how: z.optional(z.enum(['well', 'badly'])) }),
  body: z.strictObject({ what: z.string() }),
  answers: {},
} as const satisfies About<{ id: string }, { how?: string | undefined }, { what: string }>;

const echo = (): Endpoint =>
  endpoint(
    () => door,
    about,
    async ({ identity, params, query, body }) =>
      Response.json({ who: identity.tokenId, ...params, ...query, ...body }),
  );

interface Asking {
  headers?: Record<string, string>;
  body?: string;
  query?: string;
}
async function ask(it: Endpoint, { headers = {}, body = '{"what":"a"}', query = '' }: Asking = {}) {
  const all = { host: 'api.example', authorization: 'Bearer hz_ada', ...headers };
  const set = Object.entries(all).filter(([, value]) => value !== '');
  const request = new Request(`${SITE}/api/onlyfans/things/1${query}`, {
    method: 'POST',
    headers: set,
    body,
  });
  const response = await it.handle(request, { id: '1' });
  return {
    status: response.status,
    headers: response.headers,
    json: (await response.json()) as Record<string, unknown>,
  };
}

test('who may ask, and asks rightly, is answered; nobody keeps the answer', async () => {
  const { status, json, headers } = await ask(echo(), { query: '?how=well' });
  expect([status, json]).toEqual([200, { who: 'tok-ada', id: '1', how: 'well', what: 'a' }]);
  expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual([
    'no-store',
    'nosniff',
  ]);
});

test.each([
  ['no token', ''],
  ['an unknown one', 'Bearer hz_nobody'],
  ['another scheme', 'Basic YWRhOmFkYQ=='],
  ['two words', 'Bearer hz_ada hz_ada'],
])('%s: 401, in words, and nothing is read of the request', async (_, authorization) => {
  const { status, json, headers } = await ask(echo(), { headers: { authorization }, body: 'no json' });
  expect([status, json['title']]).toEqual([401, 'Unauthorized']);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(headers.get('www-authenticate')).toBe('Bearer');
});

test('a token whose role isn’t enough: 403, and which would be', async () => {
  people.set('hz_ada', { ...ADA, role: 'viewer' });
  const { status, json } = await ask(echo());
  expect([status, json['detail']]).toEqual([403, 'this token is a viewer’s; a creator’s is needed']);
});

test('a store of tokens that can’t be asked: 503 with a time to come back, the reason in the log alone', async () => {
  door.authenticate = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7'));
  const { status, json, headers } = await ask(echo());
  expect([status, headers.get('retry-after')]).toEqual([503, '10']);
  expect(JSON.stringify(json)).not.toContain('10.0.0.7');
  expect(JSON.stringify(logged)).toContain('10.0.0.7');
});

test.each<[string, Asking, string]>([
  ['a body that is no JSON', { body: '{' }, 'body'],
  ['a field that is missing', { body: '{}' }, 'what'],
  ['a body that isn’t there', { body: '' }, 'what'],
  ['a field that nobody knows', { body: '{"what":"a","colour":"red"}' }, 'colour'],
  ['a parameter of the query that nobody knows', { query: '?colour=red' }, 'colour'],
  ['a value that isn’t one of those', { query: '?how=so-so' }, 'how'],
  ['bytes that are no text', { body: '\u0000' }, 'body'],
])('%s: 400, with the name of the field', async (_, asking, field) => {
  const { status, json } = await ask(echo(), asking);
  expect(status).toBe(400);
  expect(json['errors']).toEqual([{ field, message: expect.any(String) as string }]);
});

test('a body above the bound: 413, whatever is in it', async () => {
  const small = endpoint(
    () => door,
    { ...about, mostBytes: 20 },
    async () => Response.json({}),
  );
  expect((await ask(small, { body: '{"what":"abcdefgh"}' })).status).toBe(200);
  expect((await ask(small, { body: '{"what":"abcdefghij"}' })).status).toBe(413);
});

test('a body that doesn’t come to its end within ten seconds: 408', async () => {
  vi.useFakeTimers();
  try {
    const body = new ReadableStream({
      start: it => it.enqueue(new TextEncoder().encode('{"what":')),
    });
    const headers = { host: 'api.example', authorization: 'Bearer hz_ada' };
    const init = { method: 'POST', headers, body, duplex: 'half' };
    const request = new Request(`${SITE}/api/onlyfans/things/1`, init);
    let answered: Response | undefined;
    const answer = echo()
      .handle(request, { id: '1' })
      .then(response => (answered = response));
    await vi.advanceTimersByTimeAsync(9_999);
    expect(answered).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect((await answer).status).toBe(408);
  } finally {
    vi.useRealTimers();
  }
});

test('the token’s own limit: told in every answer, and kept', async () => {
  const it = echo();
  const left = [];
  for (let i = 0; i < 3; i += 1) left.push((await ask(it)).headers.get('ratelimit'));
  expect(left).toEqual([2, 1, 0].map(r => `"requests";r=${r};t=60`));
  now += 20_500;
  const refused = await ask(it);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '40']);
  expect(refused.headers.get('ratelimit-policy')).toBe('"requests";q=3;w=60');
  now += 39_500;
  expect((await ask(it)).status).toBe(200);
});

test('what a handler refuses is answered as it says; what it throws is ours, and kept inside', async () => {
  const refusing = endpoint(
    () => door,
    about,
    () => Promise.reject(conflict('it has begun')),
  );
  expect((await ask(refusing)).json).toEqual({
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    detail: 'it has begun',
  });
  const broken = endpoint(
    () => door,
    about,
    () => Promise.reject(new Error('password is hunter2')),
  );
  const { status, json } = await ask(broken);
  expect([status, JSON.stringify(json).includes('hunter2')]).toEqual([500, false]);
  expect(JSON.stringify(logged)).toContain('hunter2');
});

test.each<[string, Record<string, string>, number]>([
  ['the console’s own page', { 'sec-fetch-site': 'same-origin' }, 200],
  ['another site’s page', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a page of a neighbouring domain', { 'sec-fetch-site': 'same-site' }, 403],
  ['a browser that says its origin only', { origin: SITE }, 200],
  ['another origin', { origin: 'https://evil.example' }, 403],
  ['an origin that is none', { origin: 'null' }, 403],
  ['nobody says from where', {}, 403],
])('a session is believed from the console alone: %s', async (_, headers, status) => {
  const cookie = 'theme=dark; huntaze-session=hz_ada';
  expect((await ask(echo(), { headers: { authorization: '', cookie, ...headers } })).status).toBe(status);
});

test('what belongs to other creators isn’t there; what belongs to all is an unbound token’s', () => {
  expect(() => bound(ADA, 'ada', 'creator')).not.toThrow();
  expect(() => bound(ADA, 'bea', 'creator')).toThrow('there is no such creator');
  expect(() => forAll(ADA)).toThrow('bound to some');
  expect(() => forAll({ ...ADA, creators: 'all' })).not.toThrow();
});
