import { operationEndpoints } from '@huntaze/api/operations/endpoints';
import { readAudit } from '@huntaze/api/audit/audit';
import type { Api } from '@huntaze/api/compose';
import type { Identity } from '@huntaze/api/identity/roles';
import { accept, endAttempt, noteAttempt, readOperation, startAttempt } from '@huntaze/core/lua';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';

const NOW = 1_800_000_000_000;
const DAY = new Date(NOW).toISOString().slice(0, 10);
const limit = { scope: 'platform', limit: 10, windowMs: 60_000 } as const;
const PEOPLE: Record<string, Pick<Identity, 'role' | 'creators'>> = {
  boss: { role: 'operator', creators: 'all' },
  ada: { role: 'creator', creators: ['ada'] },
  bea: { role: 'creator', creators: ['bea'] },
  viewer: { role: 'viewer', creators: 'all' },
};

const redis = useRedis();
let aws: TestAws;
let api: Api;
beforeEach(async () => {
  aws = await startTestAws({ buckets: ['results'] });
  api = {
    env: { RESULTS_BUCKET: 'results' },
    redis: redis.client,
    s3: aws.s3,
    limit,
    log: () => undefined,
    authenticate: (token: string) =>
      Promise.resolve(PEOPLE[token] && { tokenId: token, tokenSha256: token, ...PEOPLE[token] }),
    allow: () => ({ isAllowed: true, limit: 600, windowSeconds: 60, remaining: 600, resetSeconds: 60 }),
    now: () => NOW,
  } as unknown as Api;
  const operation = { operationId: 'op-1', creatorId: 'ada', kind: 'profile.scrape' };
  await accept(redis.client, limit, operation, undefined, NOW);
});
afterEach(() => aws.close());

async function cancelled(as: string, body: Record<string, unknown> = {}, id = 'op-1') {
  const { cancelOne } = operationEndpoints(() => api);
  const request = new Request(`https://api.example/api/onlyfans/operations/${id}/cancel`, {
    method: 'POST',
    headers: { host: 'api.example', authorization: `Bearer ${as}` },
    body: JSON.stringify(body),
  });
  const response = await cancelOne.handle(request, { id });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}
const state = async () => (await readOperation(redis.client, limit, 'op-1', NOW))?.state;
const audit = () => readAudit(api, DAY);

test('only tried, it tells what it would do, and does nothing', async () => {
  const { status, json } = await cancelled('boss', { dry_run: true });
  expect(status).toBe(200);
  expect(json).toEqual({
    effect: ['profile.scrape of ada never begins', 'it leaves the line: what is behind it moves up'],
  });
  expect([await state(), await audit()]).toEqual(['pending', []]);
});

test('what an operator cancels is recorded, with the reason', async () => {
  const { status, json } = await cancelled('boss', { reason: 'asked for twice' });
  expect([status, json['state'], json['error']]).toEqual([200, 'cancelled', 'asked for twice']);
  expect(await state()).toBe('cancelled');
  expect(await audit()).toMatchObject([
    {
      token_id: 'boss',
      action: 'operation.cancel',
      on: 'operation op-1 of creator ada',
      outcome: 'done',
      before: { state: 'pending' },
      after: { state: 'cancelled', reason: 'asked for twice' },
    },
  ]);
});

test('what a creator’s own program cancels isn’t an operator’s act', async () => {
  expect((await cancelled('ada')).status).toBe(200);
  expect([await state(), await audit()]).toEqual(['cancelled', []]);
});

test('cancelled twice it is cancelled, and tried again it says so', async () => {
  await cancelled('ada');
  expect((await cancelled('ada')).status).toBe(200);
  expect((await cancelled('ada', { dry_run: true })).json).toEqual({
    effect: ['nothing: it is cancelled already'],
  });
});

test('what can’t be recorded isn’t cancelled', async () => {
  aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 's3', action: 'PutObject' }] });
  expect((await cancelled('boss')).status).toBe(503);
  expect(await state()).toBe('pending');
});

test('another’s, an unknown one, and a viewer’s wish are refused, tried or not', async () => {
  for (const dry_run of [true, false]) {
    expect((await cancelled('bea', { dry_run })).status).toBe(404);
    expect((await cancelled('boss', { dry_run }, 'op-2')).status).toBe(404);
    expect((await cancelled('viewer', { dry_run })).status).toBe(403);
  }
  expect(await state()).toBe('pending');
});

test('what is at the site, or may have taken effect there, is too late to cancel: tried as well as done', async () => {
  const operation = { operationId: 'op-1', creatorId: 'ada', kind: 'message.send', line: 'platform' };
  await startAttempt(redis.client, operation, NOW + 1);
  for (const dry_run of [true, false]) {
    const { status, json } = await cancelled('boss', { dry_run });
    expect([status, json['detail']]).toEqual([
      409,
      'the operation is running: it can’t be cancelled any more',
    ]);
  }
  await noteAttempt(redis.client, 'op-1', { n: 1, newest: '', deadline: NOW + 60_000 });
  await endAttempt(redis.client, { operationId: 'op-1', state: 'forwarded', error: 'no answer' }, NOW + 2);
  expect(await state()).toBe('forwarded');
  for (const dry_run of [true, false]) expect((await cancelled('boss', { dry_run })).status).toBe(409);
  expect(await state()).toBe('forwarded');
});
