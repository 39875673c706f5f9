import type { Api } from '@huntaze/api/compose';
import { readAudit } from '@huntaze/api/audit/audit';
import { requestLimit } from '@huntaze/api/identity/request-limit';
import type { Identity } from '@huntaze/api/identity/roles';
import type { Endpoint } from '@huntaze/api/http/endpoint';
import { kindEndpoints } from '@huntaze/api/kinds/endpoints';
import { pausedKinds } from '@huntaze/api/kinds/kinds';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { accept, readPausedKinds, siteChanged } from '@huntaze/core/lua';
import { KINDS } from '@huntaze/core/operations';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';

const redis = useRedis();
const limit = { scope: 'platform', limit: 10, windowMs: 60_000 } as const;
const PEOPLE: Record<string, Identity> = {
  olga: { tokenId: 'tok-olga', tokenSha256: 'o', role: 'operator', creators: 'all' },
  adas: { tokenId: 'tok-ada', tokenSha256: 'a', role: 'operator', creators: ['ada'] },
  cleo: { tokenId: 'tok-cleo', tokenSha256: 'c', role: 'creator', creators: 'all' },
};

let aws: TestAws;
let api: Api;
let now: number;
let kinds: ReturnType<typeof kindEndpoints>;
beforeAll(async () => {
  aws = await startTestAws({ buckets: ['results'] });
});
afterAll(() => aws.close());
beforeEach(() => {
  now = Date.now();
  api = {
    redis: redis.client,
    s3: aws.s3,
    env: { RESULTS_BUCKET: 'results' },
    limit,
    authenticate: (token: string) => Promise.resolve(PEOPLE[token]),
    allow: requestLimit(),
    now: () => now,
    log: () => undefined,
  } as unknown as Api;
  kinds = kindEndpoints(() => api);
});

async function ask(endpoint: Endpoint, body?: unknown, who = 'olga', kind = 'profile.scrape') {
  const request = new Request('https://api.example/', {
    method: endpoint.about.method,
    headers: { authorization: `Bearer ${who}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const response = await endpoint.handle(request, { kind });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

const asked = (operationId: string, creatorId: string) =>
  accept(redis.client, limit, { operationId, creatorId, kind: 'profile.scrape' });

/** The site's answers to a kind don't fit, for two creators. */
async function drifts() {
  for (const creatorId of ['ada', 'bea'])
    await siteChanged(redis.client, {
      kind: 'profile.scrape',
      page: '/api2/v2/users/me',
      creatorId,
      operationId: creatorId,
      attempt: 1,
      version: 'v1',
      why: 'it changed',
      fields: ['name'],
    });
}

test('an operator of everything pauses a kind and resumes it; both are on record', async () => {
  const paused = await ask(kinds.pause, { reason: 'the page looks odd' });
  expect(paused).toMatchObject({
    status: 200,
    json: { kind: 'profile.scrape', paused: { why: 'the page looks odd', by: 'operator' } },
  });
  const list = (await ask(kinds.list, undefined, 'cleo')).json['kinds'] as {
    kind: string;
    paused?: unknown;
  }[];
  expect(list.map(({ kind }) => kind)).toEqual(KINDS);
  expect(list.filter(one => one.paused)).toEqual([paused.json]);
  expect(await ask(kinds.resume, { reason: 'it looks well' })).toEqual({
    status: 200,
    json: { kind: 'profile.scrape' },
  });
  expect(await pausedKinds(redis.client)).toEqual([]);
  const [resumed, before] = await readAudit(api, new Date(now).toISOString().slice(0, 10));
  const about = { token_id: 'tok-olga', on: 'kind profile.scrape', outcome: 'done' };
  expect([resumed, before].toSorted((a, b) => a!.action.localeCompare(b!.action))).toMatchObject([
    { ...about, action: 'kind.pause', before: { kind: 'profile.scrape' }, after: paused.json },
    { ...about, action: 'kind.resume', before: paused.json, after: { reason: 'it looks well' } },
  ]);
});

test('what the site has changed is said, and by whom it was noticed', async () => {
  await drifts();
  const [paused] = await pausedKinds(redis.client);
  expect(paused).toEqual({
    kind: 'profile.scrape',
    why: 'it changed',
    by: 'site changed',
    since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
  });
});

test('a dry run says how many would wait or go on, and changes nothing', async () => {
  const dry_run = true;
  expect((await ask(kinds.pause, { dry_run })).json).toEqual({
    effect: ['Nothing of profile.scrape waits now; what is asked for waits until it is resumed.'],
  });
  await asked('op-1', 'ada');
  expect((await ask(kinds.pause, { dry_run })).json).toEqual({
    effect: [
      '1 operation of 1 creator waits until it is resumed, and so does what these creators asked for after them.',
    ],
  });
  await asked('op-2', 'ada');
  await asked('op-3', 'bea');
  expect((await ask(kinds.resume, { dry_run })).json).toEqual({
    effect: ['profile.scrape isn’t paused: nothing changes.'],
  });
  expect(await readPausedKinds(redis.client, KINDS)).toEqual([]);
  await drifts();
  expect((await ask(kinds.resume, { dry_run })).json).toEqual({
    effect: [
      '3 operations of 2 creators can begin, each creator’s in order.',
      'If the site’s answers still don’t fit, the first of them pauses it again.',
    ],
  });
  expect(await readPausedKinds(redis.client, KINDS)).toHaveLength(1);
});

test.each<[string, unknown, string, string, number]>([
  ['an operator of some creators', {}, 'adas', 'profile.scrape', 403],
  ['somebody who is no operator', {}, 'cleo', 'profile.scrape', 403],
  ['a kind that there isn’t', {}, 'olga', 'no.such', 404],
  ['a reason that is too long', { reason: 'x'.repeat(201) }, 'olga', 'profile.scrape', 400],
  ['a field that isn’t known', { until: 1 }, 'olga', 'profile.scrape', 400],
])('%s is refused, and nothing happens', async (_, body, who, kind, status) => {
  for (const endpoint of [kinds.pause, kinds.resume])
    expect((await ask(endpoint, body, who, kind)).status).toBe(status);
  expect(await pausedKinds(redis.client)).toEqual([]);
});
