import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAudit, recorded, type AuditPorts } from './audit.ts';

const NOW = Date.parse('2026-12-01T12:00:00.000Z');
const DAY = '2026-12-01';
let aws: TestAws;
let logged: Record<string, unknown>[];
let ports: AuditPorts;
beforeEach(async () => {
  aws = await startTestAws({ buckets: ['results'] });
  logged = [];
  ports = { s3: aws.s3, env: { RESULTS_BUCKET: 'results' }, log: line => void logged.push(line) };
});
afterEach(() => aws.close());

const about = { token_id: 'tok-1', action: 'creator.pause', on: 'creator ada', before: { state: 'ready' } };

test('what was done is kept with how it was before and after', async () => {
  expect(await recorded(ports, about, NOW, () => Promise.resolve({ state: 'paused' }))).toEqual({
    state: 'paused',
  });
  expect(await readAudit(ports, DAY)).toEqual([
    { at: '2026-12-01T12:00:00.000Z', ...about, outcome: 'done', after: { state: 'paused' } },
  ]);
  expect(logged.map(line => line['outcome'])).toEqual(['begun', 'done']);
});

test('it is written before it is done: who looks in between, or after a crash, sees that it was begun', async () => {
  let seen: unknown;
  await recorded(ports, about, NOW, async () => {
    seen = await readAudit(ports, DAY);
  });
  expect(seen).toMatchObject([{ ...about, outcome: 'begun' }]);
});

test('what can’t be written isn’t done', async () => {
  aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 's3', action: 'PutObject' }] });
  let isDone = false;
  const doing = recorded(ports, about, NOW, () => Promise.resolve((isDone = true)));
  await expect(doing).rejects.toThrow('nothing was done');
  expect(isDone).toBe(false);
});

test('what failed is kept as failed, and thrown', async () => {
  await expect(recorded(ports, about, NOW, () => Promise.reject(new Error('too late')))).rejects.toThrow(
    'too late',
  );
  expect(await readAudit(ports, DAY)).toMatchObject([{ outcome: 'failed', error: 'too late' }]);
});

test('an end that can’t be written doesn’t undo what was done', async () => {
  aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 's3', action: 'PutObject', calls: [2] }] });
  expect(await recorded(ports, about, NOW, () => Promise.resolve('done'))).toBe('done');
  expect(logged.at(-1)).toMatchObject({ message: 'end of an action not recorded' });
  aws.aws.faults.clear();
  expect(await readAudit(ports, DAY)).toMatchObject([{ outcome: 'begun' }]);
});

test('a day’s actions are listed the newest first, and no other day’s', async () => {
  for (const ms of [0, 1_000, 2_000, 86_400_000])
    await recorded(ports, { ...about, on: `creator ${ms}` }, NOW + ms, () => Promise.resolve(null));
  expect((await readAudit(ports, DAY)).map(({ on }) => on)).toEqual([
    'creator 2000',
    'creator 1000',
    'creator 0',
  ]);
});
