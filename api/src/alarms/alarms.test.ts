import { PurgeQueueCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { QUEUES } from '@huntaze/core/names';
import { PIPELINE_ALARMS, PLACES } from '@huntaze/local/aws/cloudwatch/pipeline-alarms';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Api } from '../compose.ts';
import type { Identity } from '../identity/roles.ts';
import { alarmStates, type AlarmShown } from './alarms.ts';
import { alarmEndpoints } from './endpoints.ts';

const MINUTE_MS = 60_000;
/** When CloudWatch has looked at a minute. */
const LOOKED_MS = 65_000;
/** How long an answer is believed. */
const BELIEVED_MS = 5_000;

let it: TestAws;
/** Calls to CloudWatch. */
let calls: number;
let logged: Record<string, unknown>[];
let api: Api;

beforeEach(async () => {
  it = await startTestAws({
    queues: Object.values(QUEUES).map(name => ({
      name,
      attributes: name.endsWith('.fifo') ? { FifoQueue: 'true' } : {},
    })),
    alarms: { definitions: PIPELINE_ALARMS, places: PLACES },
  });
  calls = 0;
  logged = [];
  it.cloudWatch.middlewareStack.add(next => args => ((calls += 1), next(args)), { step: 'initialize' });
  const identities: Record<string, Identity> = {
    viewer: { tokenId: 't', tokenSha256: '', role: 'viewer', creators: 'all' },
    bound: { tokenId: 'b', tokenSha256: '', role: 'operator', creators: ['ada'] },
  };
  api = {
    cloudWatch: it.cloudWatch,
    authenticate: (token: string) => Promise.resolve(identities[token]),
    allow: () => ({ isAllowed: true, limit: 1, windowSeconds: 1, remaining: 1, resetSeconds: 1 }),
    now: () => it.clock.now(),
    log: (line: Record<string, unknown>) => void logged.push(line),
  } as Partial<Api> as Api;
});
afterEach(() => it.close());

const get = (token = 'viewer') =>
  alarmEndpoints(() => api).list.handle(
    new Request('http://127.0.0.1/api/alarms', { headers: { authorization: `Bearer ${token}` } }),
    {},
  );
const alarms = async () => ((await (await get()).json()) as { alarms: AlarmShown[] }).alarms;
const one = async (name: string) => (await alarms()).find(alarm => alarm.name === `huntaze-${name}`)!;

async function fill(count: number): Promise<string> {
  const QueueUrl = it.aws.queueUrl(QUEUES.workflows);
  for (let sent = 0; sent < count; sent += 10)
    await it.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: Array.from({ length: Math.min(10, count - sent) }, (_, i) => ({
          Id: String(i),
          MessageBody: '{}',
          MessageGroupId: `creator-${i}`,
          MessageDeduplicationId: String(sent + i),
        })),
      }),
    );
  return QueueUrl;
}

test('all are there, those of the requirements first, each with what it watches', async () => {
  const all = await alarms();
  expect(all.map(({ name }) => name)).toEqual(PIPELINE_ALARMS.map(({ name }) => name));
  expect(all[0]).toEqual({
    name: 'huntaze-workflows-age',
    description: expect.stringContaining('over 10 minutes'),
    state: 'INSUFFICIENT_DATA',
    since: '2026-01-01T00:00:00.000Z',
    reason: 'Unchecked: Initial alarm creation',
    threshold: 600,
    comparison: 'GreaterThanThreshold',
    period_s: 60,
    periods: 1,
    metric: 'ApproximateAgeOfOldestMessage',
  });
  expect(await one('rotation-unfinished')).toMatchObject({
    state: 'INSUFFICIENT_DATA',
    reason: expect.stringContaining('Not evaluated on this machine: '),
    period_s: 3_600,
    periods: 2,
    metric: 'rotations_overdue_count + Errors',
  });
});

test('5.2: 501 messages wait in the FIFO queue: ALARM; they are gone: OK', async () => {
  const QueueUrl = await fill(501);
  await it.clock.advance(LOOKED_MS);
  expect(await one('workflows-backlog')).toMatchObject({
    state: 'ALARM',
    since: '2026-01-01T00:01:00.000Z',
    reason: expect.stringContaining('[501] was greater than the threshold (500)'),
  });
  await it.sqs.send(new PurgeQueueCommand({ QueueUrl }));
  await it.clock.advance(MINUTE_MS);
  expect(await one('workflows-backlog')).toMatchObject({ state: 'OK', since: '2026-01-01T00:02:00.000Z' });
});

test('5.1: a message waits for over ten minutes: ALARM; it is gone: OK', async () => {
  const QueueUrl = await fill(1);
  await it.clock.advance(9 * MINUTE_MS + LOOKED_MS);
  expect((await one('workflows-age')).state).toBe('OK'); // 600 s, and not over
  await it.clock.advance(MINUTE_MS);
  expect(await one('workflows-age')).toMatchObject({ state: 'ALARM', since: '2026-01-01T00:11:00.000Z' });
  await it.sqs.send(new PurgeQueueCommand({ QueueUrl }));
  // Of an empty queue SQS tells no age: what it told last is believed until there are two points more without.
  await it.clock.advance(3 * MINUTE_MS);
  expect((await one('workflows-age')).state).toBe('OK');
});

test('CloudWatch is asked once in 5 s, whoever asks', async () => {
  await Promise.all([alarms(), alarms(), alarmStates(api, it.clock.now())]);
  await it.clock.advance(BELIEVED_MS - 1);
  await alarms();
  expect(calls).toBe(1);
  await it.clock.advance(1);
  await alarms();
  expect(calls).toBe(2);
});

test('out of reach: 503 with when to come back; and not believed for longer than it lasts', async () => {
  it.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 'cloudwatch', status: 503 }] });
  const refused = await get();
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('10');
  expect(await refused.json()).toMatchObject({
    detail: expect.stringContaining('CloudWatch can’t be reached'),
  });
  expect(logged).toHaveLength(1);
  it.aws.faults.clear();
  expect((await get()).status).toBe(200);
});

test('for whoever may see all creators', async () => {
  expect((await get('bound')).status).toBe(403);
  expect((await get('nobody')).status).toBe(401);
  expect(calls).toBe(0);
});
