import { expect, test } from 'vitest';
import { HandClock, settled } from '../test-support/clock.ts';
import { FakeLog, FakeQueue, held } from '../test-support/fakes.ts';
import { consume } from './consume.ts';
import { gate } from './gate.ts';
import { heartbeat } from './heartbeat.ts';
import type { Disposition } from './lane.ts';

/** A consumer whose work begins and ends by hand. */
function start({ concurrency = 4 } = {}) {
  const clock = new HandClock();
  const queue = new FakeQueue();
  const log = new FakeLog();
  const stop = new AbortController();
  const begun: string[] = [];
  const open = new Map<string, PromiseWithResolvers<Disposition>>();
  const leases = new Map<string, AbortSignal>();
  const opening = gate();
  const pulse: string[] = [];
  const consumed = consume(
    {
      queue,
      heartbeat: heartbeat(queue, clock, log),
      work: (message, lease) => {
        begun.push(message.id);
        leases.set(message.id, lease);
        const end = Promise.withResolvers<Disposition>();
        open.set(message.id, end);
        return end.promise;
      },
      clock,
      log,
      concurrency,
      random: () => 0.5,
      gate: opening,
      pulse: {
        turn: what => void pulse.push(what),
        holding: messages => void pulse.push(`holding ${messages}`),
      },
    },
    stop.signal,
  );
  const end = async (id: string, disposition: Disposition = { kind: 'done' }) => {
    open.get(id)?.resolve(disposition);
    open.delete(id);
    await settled();
  };
  const deliver = async (...ids: string[]) => {
    queue.deliver(...ids.map(id => held(id, id[0] as string, clock.now())));
    await settled();
  };
  return { clock, queue, log, stop, begun, open, leases, consumed, end, deliver, gate: opening, pulse };
}

test('one message of a group at a time, in order; groups side by side', async () => {
  const { begun, end, deliver } = start();
  await deliver('a1', 'a2', 'b1', 'a3');
  expect(begun).toEqual(['a1', 'b1']);
  await end('a1');
  expect(begun).toEqual(['a1', 'b1', 'a2']);
  await end('b1');
  await end('a2');
  expect(begun).toEqual(['a1', 'b1', 'a2', 'a3']);
});

test('polls only while a lane is free, and lanes that wait begin in the order they came', async () => {
  const { queue, begun, end, deliver } = start({ concurrency: 2 });
  expect(queue.polling).toBe(true);
  await deliver('a1');
  expect(queue.polls).toBe(2);
  await deliver('b1', 'c1', 'd1');
  expect(queue.polling).toBe(false);
  expect(begun).toEqual(['a1', 'b1']);
  await end('b1');
  expect(begun).toEqual(['a1', 'b1', 'c1']);
  expect(queue.polling).toBe(false);
  await end('a1');
  await end('c1');
  expect(begun).toEqual(['a1', 'b1', 'c1', 'd1']);
  expect(queue.polling).toBe(true);
});

test('a head that is not completed gets its own visibility, and the rest of its lane is given back untried', async () => {
  const { queue, begun, end, deliver } = start();
  await deliver('a1', 'a2', 'a3', 'b1');
  await end('a1', { kind: 'retry', retryInMs: 89_500 });
  expect(queue.visibility).toEqual([
    ['a1', 90],
    ['a2', 0],
    ['a3', 0],
  ]);
  expect(begun).toEqual(['a1', 'b1']);
});

test('a visibility never goes beyond 12 hours from the receive', async () => {
  const { clock, queue, end, deliver } = start();
  await deliver('a1');
  await clock.advance(3_600_000);
  await end('a1', { kind: 'retry', retryInMs: 43_200_000 });
  expect(queue.visibility.at(-1)).toEqual(['a1', 43_200 - 3_600 - 60]);
});

test('work that throws is work to be repeated later', async () => {
  const { queue, log, open, deliver } = start();
  await deliver('a1', 'a2');
  open.get('a1')?.reject(new Error('no Redis'));
  await settled();
  expect(queue.visibility).toEqual([
    ['a1', 23],
    ['a2', 0],
  ]);
  expect(log.of('attempt broke off')[0]).toMatchObject({ message_id: 'a1', error: 'no Redis' });
});

test('a lost head is not given back, its followers are', async () => {
  const { queue, begun, end, deliver } = start();
  await deliver('a1', 'a2');
  await end('a1', { kind: 'lost' });
  expect(queue.visibility).toEqual([['a2', 0]]);
  await deliver('a1', 'a2');
  expect(begun).toEqual(['a1', 'a1']);
});

test('messages of a group that is still worked on wait behind it', async () => {
  const { begun, end, deliver } = start();
  await deliver('a1');
  await deliver('a2');
  expect(begun).toEqual(['a1']);
  await end('a1');
  expect(begun).toEqual(['a1', 'a2']);
});

test('messages that come while their lane is giving back are a lane of their own', async () => {
  const { queue, begun, end, deliver } = start();
  await deliver('a1');
  const giving = Promise.withResolvers<{ lost: []; failed: [] }>();
  queue.changeVisibility = () => giving.promise;
  await end('a1', { kind: 'retry', retryInMs: 0 });
  await deliver('a2');
  expect(begun).toEqual(['a1']);
  giving.resolve({ lost: [], failed: [] });
  await settled();
  expect(begun).toEqual(['a1', 'a2']);
});

test('a failed poll is logged and repeated, with a growing delay', async () => {
  const { clock, queue, log } = start();
  queue.failPoll();
  await clock.advance(374);
  expect(queue.polls).toBe(1);
  await clock.advance(1);
  expect(queue.polls).toBe(2);
  queue.failPoll();
  await clock.advance(749);
  expect(queue.polls).toBe(2);
  await clock.advance(1);
  expect(queue.polls).toBe(3);
  expect(log.of('poll failed').map(line => line['failures'])).toEqual([1, 2]);
});

test('giving back is tried three times; then the visibility has to end', async () => {
  const { clock, queue, log, end, deliver } = start();
  await deliver('a1');
  queue.down = new Error('503');
  await end('a1', { kind: 'retry', retryInMs: 5_000 });
  await clock.advance(1_000);
  expect(log.of('giving back failed, their visibility has to end')).toHaveLength(1);
  queue.down = undefined;
  await deliver('a1');
  await end('a1');
});

test('after the stop no message begins: what is under way ends, the rest is given back', async () => {
  const { queue, stop, begun, consumed, end, deliver } = start({ concurrency: 2 });
  await deliver('a1', 'a2', 'b1', 'c1');
  stop.abort();
  await settled();
  expect(queue.visibility).toEqual([['c1', 0]]);
  await end('b1');
  await end('a1');
  await consumed;
  expect(begun).toEqual(['a1', 'b1']);
  expect(queue.visibility).toEqual([
    ['c1', 0],
    ['a2', 0],
  ]);
});

test('the stop ends a poll that is under way', async () => {
  const { queue, stop, consumed } = start();
  expect(queue.polling).toBe(true);
  stop.abort();
  await consumed;
});

test('while the site wants nothing, nothing is received; from then on it is', async () => {
  const { clock, queue, gate: opening, begun, end, deliver, stop, consumed } = start({ concurrency: 1 });
  await deliver('a1');
  opening.closedUntil(clock.now() + 30_000);
  await end('a1');
  await clock.advance(29_999);
  expect([queue.polls, queue.polling]).toEqual([1, false]);
  await clock.advance(1);
  expect([queue.polls, queue.polling]).toEqual([2, true]);
  await deliver('b1');
  expect(begun).toEqual(['a1', 'b1']);
  await end('b1');
  stop.abort();
  await consumed;
});

test('a window that is closed for hours is looked at every five minutes; the stop does not wait for it', async () => {
  const { clock, queue, gate: opening, deliver, end, stop, consumed } = start({ concurrency: 1 });
  await deliver('a1');
  opening.closedUntil(clock.now() + 86_400_000);
  await end('a1');
  await clock.advance(300_000);
  expect(queue.polls).toBe(1);
  opening.closedUntil(undefined);
  await clock.advance(300_000);
  expect(queue.polls).toBe(2);
  opening.closedUntil(clock.now() + 86_400_000);
  queue.deliver();
  await settled();
  stop.abort();
  await consumed;
  expect(queue.polls).toBe(2);
});

test('tells how it goes: each turn of the loop, and how many messages are held', async () => {
  const { pulse, deliver, end, stop, consumed } = start({ concurrency: 1 });
  await deliver('a1', 'a2', 'b1');
  expect(pulse).toEqual(['polling', 'holding 3', 'full']);
  await end('a1');
  await end('a2');
  await end('b1');
  expect(pulse.slice(3)).toEqual(['full', 'polling']);
  stop.abort();
  await consumed;
});
