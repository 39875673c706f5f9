import { expect, test } from 'vitest';
import { HandClock } from '../test-support/clock.ts';
import { FakeLog, FakeQueue, held } from '../test-support/fakes.ts';
import { heartbeat } from './heartbeat.ts';
import { LeaseLost } from './outcome.ts';

function start() {
  const clock = new HandClock();
  const queue = new FakeQueue();
  const log = new FakeLog();
  const beats = heartbeat(queue, clock, log);
  const stop = new AbortController();
  const stopped = beats.run(stop.signal);
  return {
    clock,
    queue,
    log,
    beats,
    stop,
    stopped,
    hold: (id: string) => beats.hold(held(id, id, clock.now())),
  };
}

test('extends what is held every 10 s, ten messages a call, and nothing that was released', async () => {
  const { clock, queue, hold } = start();
  const calls: number[] = [];
  const change = queue.changeVisibility.bind(queue);
  queue.changeVisibility = changes => {
    calls.push(changes.length);
    return change(changes);
  };
  const leases = Array.from({ length: 12 }, (_, i) => hold(`m${i}`));
  await clock.advance(9_000);
  expect(calls).toEqual([]);
  await clock.advance(2_000);
  expect(calls).toEqual([10, 2]);
  expect(queue.visibility[0]).toEqual(['m0', 30]);
  await Promise.all(leases.map(lease => lease.release()));
  await clock.advance(300_000);
  expect(calls).toEqual([10, 2]);
  expect(leases.every(lease => !lease.signal.aborted)).toBe(true);
});

test('a message that SQS no longer knows as ours is lost at once; the others stay', async () => {
  const { clock, queue, log, hold } = start();
  const [gone, kept] = [hold('gone'), hold('kept')];
  queue.lost.add('gone');
  await clock.advance(11_000);
  expect(gone.signal.reason).toBeInstanceOf(LeaseLost);
  expect(kept.signal.aborted).toBe(false);
  expect(log.of('lease lost').map(line => line['message_id'])).toEqual(['gone']);
});

test('a failed extension is repeated, and keeps the lease if it gets through in time', async () => {
  const { clock, queue, hold } = start();
  const lease = hold('m');
  queue.down = new Error('503');
  await clock.advance(20_000);
  expect(lease.signal.aborted).toBe(false);
  queue.down = undefined;
  await clock.advance(3_000);
  expect(queue.visibility).toEqual([['m', 30]]);
  await clock.advance(20_000);
  expect(lease.signal.aborted).toBe(false);
});

test('a lease that cannot be extended is lost 5 s before it ends', async () => {
  const { clock, queue, hold } = start();
  const lease = hold('m');
  queue.down = new Error('503');
  await clock.advance(24_000);
  expect(lease.signal.aborted).toBe(false);
  await clock.advance(2_000);
  expect(lease.signal.reason).toBeInstanceOf(LeaseLost);
});

test('an extension that never answers does not hide that the lease ends', async () => {
  const { clock, queue, hold } = start();
  const lease = hold('m');
  let calls = 0;
  queue.changeVisibility = () => {
    calls += 1;
    return new Promise(() => undefined);
  };
  await clock.advance(26_000);
  expect(calls).toBe(1);
  expect(lease.signal.aborted).toBe(true);
});

test('releasing waits for the extension under way, which must not overtake the next visibility', async () => {
  const { clock, queue, hold } = start();
  const lease = hold('m');
  const answer = Promise.withResolvers<{ lost: []; failed: [] }>();
  queue.changeVisibility = () => answer.promise;
  await clock.advance(11_000);
  let released = false;
  const releasing = lease.release().then(() => (released = true));
  await clock.advance(0);
  expect(released).toBe(false);
  answer.resolve({ lost: [], failed: [] });
  await releasing;
});

test('stops when it is told to', async () => {
  const { stop, stopped } = start();
  stop.abort();
  await stopped;
});
