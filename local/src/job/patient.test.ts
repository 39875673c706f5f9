import { expect, test } from 'vitest';
import { ManualClock } from '../aws/manual-clock.ts';
import { Refused, type Client } from './client.ts';
import { patientClient } from './patient.ts';

function failing(times: number, error: Error) {
  const clock = new ManualClock();
  const stop = new AbortController();
  let calls = 0;
  const client = { siteLog: async () => (++calls > times ? [] : Promise.reject(error)) } as unknown as Client;
  return { clock, stop, calls: () => calls, patient: patientClient(client, clock, stop.signal) };
}

/** Once the first call has failed. */
async function asleep(clock: ManualClock): Promise<void> {
  while (clock.sleeping === 0) await new Promise(resolve => setImmediate(resolve));
}

test('a call that fails while a part starts again is repeated until it works', async () => {
  const { clock, calls, patient } = failing(3, new TypeError('fetch failed'));
  const log = patient.siteLog();
  await asleep(clock);
  await clock.advance(5_000);
  expect(await log).toEqual([]);
  expect(calls()).toBe(4);
});

test('a pipeline that stays away for a minute is given up', async () => {
  const { clock, calls, patient } = failing(Infinity, new TypeError('fetch failed'));
  const failed = expect(patient.siteLog()).rejects.toThrow('fetch failed');
  await asleep(clock);
  await clock.advance(61_000);
  await failed;
  expect(calls()).toBeGreaterThan(30);
});

test('what was refused is not asked again', async () => {
  const { calls, patient } = failing(Infinity, new Refused('the API answered 400: kind'));
  await expect(patient.siteLog()).rejects.toThrow('400');
  expect(calls()).toBe(1);
});
