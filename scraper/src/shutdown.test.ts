import { expect, test } from 'vitest';
import { HandClock } from '../test-support/clock.ts';
import { Interrupted } from './outcome.ts';
import { shutdown } from './shutdown.ts';

test('takes on nothing more at once, and breaks off what is under way when its time is over', async () => {
  const clock = new HandClock();
  const ending = shutdown(clock, 100_000);
  ending.request();
  expect(ending.stop.aborted).toBe(true);
  await clock.advance(99_999);
  expect(ending.working.aborted).toBe(false);
  await clock.advance(1);
  expect(ending.working.reason).toBeInstanceOf(Interrupted);
});

test('asked twice, it hurries', async () => {
  const clock = new HandClock();
  const ending = shutdown(clock, 100_000);
  ending.request();
  ending.request();
  expect(ending.working.reason).toBeInstanceOf(Interrupted);
  await clock.advance(100_000);
});
