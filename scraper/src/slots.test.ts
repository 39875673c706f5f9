import { expect, test } from 'vitest';
import { HandClock } from '../test-support/clock.ts';
import { FakeLog, FakeSlots } from '../test-support/fakes.ts';
import { Interrupted, LeaseLost } from './outcome.ts';
import { takeSlot } from './slots.ts';
import type { Operation } from './operation.ts';

function start(window: FakeSlots) {
  const clock = new HandClock();
  const abort = new AbortController();
  const log = new FakeLog();
  const operation = { operationId: 'op-1', clock, signal: abort.signal, log } as unknown as Operation;
  return { clock, abort, log, take: () => takeSlot(window, operation) };
}

test('asks again when it may be, at least every 15 s, under the same name', async () => {
  const window = new FakeSlots();
  window.refusals = [50_000, 35_000, 300];
  const asked: number[] = [];
  const { clock, take } = start(window);
  window.onTake = () => asked.push(clock.now());
  const taken = take();
  await clock.advance(40_000);
  const slot = await taken;
  expect(asked.map(at => at - (asked[0] as number))).toEqual([0, 15_000, 30_000, 30_300]);
  expect(window.waiters).toHaveLength(1);
  await slot.answered();
  await slot.unused();
  expect(window.events).toEqual(['granted 1', 'answered 1']);
});

test('who stops waiting leaves the line', async () => {
  const window = new FakeSlots();
  window.refusals = [5_000];
  const { clock, abort, take } = start(window);
  const taken = take();
  await clock.advance(10);
  abort.abort(new LeaseLost('lost'));
  await expect(taken).rejects.toBeInstanceOf(LeaseLost);
  expect(window.events).toEqual(['unused 1']);
});

test('a slot that was granted too late is given back unused', async () => {
  const window = new FakeSlots();
  const { abort, take } = start(window);
  window.onTake = () => abort.abort(new LeaseLost('lost'));
  await expect(take()).rejects.toBeInstanceOf(LeaseLost);
  expect(window.events).toEqual(['granted 1', 'unused 1']);
});

test('without Redis nobody gets a slot, and it counts as an interruption', async () => {
  const window = new FakeSlots();
  window.down = new Error('connection is closed');
  const { clock, log, take } = start(window);
  const refused = expect(take()).rejects.toBeInstanceOf(Interrupted);
  await clock.advance(5_000);
  await refused;
  expect(log.of('slot not settled')).toHaveLength(1);
});

test('after 20 minutes in line it gives up its place', async () => {
  const window = new FakeSlots();
  window.refusals = Array.from({ length: 2_000 }, () => 60_000);
  const { clock, take } = start(window);
  const refused = expect(take()).rejects.toThrow('no slot at the site in 20 minutes');
  await clock.advance(20 * 60_000 + 1_000);
  await refused;
  expect(window.events).toEqual(['unused 1']);
});
