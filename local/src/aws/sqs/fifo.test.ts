import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TestQueue } from './test-queue.ts';

const fifo = (attributes: Record<string, string> = {}) => new TestQueue({ FifoQueue: 'true', ...attributes });

describe('groups', () => {
  test('a group is closed while one of its messages is in flight; others are not', () => {
    const it = fifo();
    it.send('a1', { groupId: 'a' });
    it.send('a2', { groupId: 'a' });
    it.send('b1', { groupId: 'b' });
    const handle = it.handle();
    expect(it.bodies()).toEqual(['b1']);
    expect(it.counts()).toEqual([1, 2, 0]);
    it.delete(handle);
    expect(it.bodies()).toEqual(['a2']);
  });

  test('one receive returns up to 10 of one group, then goes on to the next', () => {
    const it = fifo();
    for (let n = 1; n <= 12; n += 1) it.send(`a${n}`, { groupId: 'a' });
    it.send('b1', { groupId: 'b' });
    expect(it.bodies()).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8', 'a9', 'a10']);
    expect(it.bodies()).toEqual(['b1']);
    const mixed = fifo();
    mixed.send('a1', { groupId: 'a' });
    mixed.send('b1', { groupId: 'b' });
    mixed.send('a2', { groupId: 'a' });
    expect(mixed.bodies()).toEqual(['a1', 'a2', 'b1']);
  });

  test('what comes back stands where it stood', () => {
    const it = fifo();
    for (const body of ['1', '2', '3']) it.send(body);
    const received = it.receive(2);
    const [first, second] = received.map(message => it.handleOf(message));
    it.change(second ?? '', 0);
    expect(it.bodies()).toEqual([]);
    it.change(first ?? '', 0);
    expect(it.bodies()).toEqual(['1', '2', '3']);
  });

  test('of 1, 2, 3 received together, 1 returns after 2 and 3 were deleted', () => {
    const it = fifo();
    for (const body of ['1', '2', '3', '4']) it.send(body);
    const [, two, three] = it.receive(3, 30).map(message => it.handleOf(message));
    it.delete(two ?? '');
    it.delete(three ?? '');
    expect(it.bodies()).toEqual([]);
    it.pass(30);
    expect(it.bodies()).toEqual(['1', '4']);
  });

  test('a long group does not starve short ones: groups take turns', () => {
    const it = fifo();
    for (let n = 1; n <= 20; n += 1) it.send(`a${n}`, { groupId: 'a' });
    for (const group of ['b', 'c', 'd', 'e']) it.send(`${group}1`, { groupId: group });
    const seen = [];
    for (let receives = 0; receives < 7; receives += 1) {
      const [message] = it.receive(1);
      if (message === undefined) break;
      seen.push(message.body);
      it.delete(it.handleOf(message));
    }
    expect(seen).toEqual(['a1', 'b1', 'c1', 'd1', 'e1', 'a2', 'a3']);
  });

  test('whatever consumers do, each group is received in order and never by two at a time', () => {
    const step = fc.record({
      do: fc.constantFrom('send', 'receive', 'delete', 'give back', 'wait'),
      group: fc.constantFrom('a', 'b', 'c'),
      n: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), steps => {
        const it = fifo();
        let sent = 0;
        /** What is in the queue, by the model: bodies in order for each group, and who holds which until when. */
        const waiting = new Map<string, string[]>([
          ['a', []],
          ['b', []],
          ['c', []],
        ]);
        let held: { body: string; group: string; handle: string; until: number }[] = [];
        for (const { do: verb, group, n } of steps) {
          held = held.filter(({ until }) => until > it.now);
          if (verb === 'send') {
            const body = String(++sent);
            it.send(body, { groupId: group });
            waiting.get(group)?.push(body);
          } else if (verb === 'receive') {
            const busy = new Set(held.map(holding => holding.group));
            const received = it.receive(n, 20);
            for (const message of received) {
              const name = message.groupId ?? '';
              expect(busy.has(name)).toBe(false);
              const already = held.filter(holding => holding.group === name).length;
              expect(message.body).toBe(waiting.get(name)?.[already]);
              held.push({
                body: message.body,
                group: name,
                handle: it.handleOf(message),
                until: it.now + 20_000,
              });
            }
            const free = [...waiting].filter(([name]) => !busy.has(name)).flatMap(([, bodies]) => bodies);
            expect(received.length).toBe(Math.min(n, free.length));
          } else if (verb === 'wait') it.pass(n);
          else {
            const holding = held.splice(n % Math.max(1, held.length), 1)[0];
            if (holding === undefined) continue;
            if (verb === 'give back') it.change(holding.handle, 0);
            else {
              it.delete(holding.handle);
              const bodies = waiting.get(holding.group) ?? [];
              bodies.splice(bodies.indexOf(holding.body), 1);
            }
          }
          const total = [...waiting.values()].flat().length;
          const inFlight = held.filter(({ until }) => until > it.now).length;
          expect(it.counts()).toEqual([total - inFlight, inFlight, 0]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('deduplication', () => {
  test('for 5 minutes an id is accepted once, also after the message was deleted', () => {
    const it = fifo();
    const first = it.send('a');
    it.delete(it.handle());
    it.pass(299);
    expect(it.send('a')).toBe(first);
    expect(it.counts()).toEqual([0, 0, 0]);
    it.pass(1);
    expect(it.send('a')).not.toBe(first);
    expect(it.counts()).toEqual([1, 0, 0]);
  });

  test('an id that is repeated does not prolong the 5 minutes, and a purge does not end them', () => {
    const it = fifo();
    const first = it.send('a');
    it.pass(200);
    it.send('a');
    it.queue.purge(it.now);
    it.pass(99);
    expect(it.send('a')).toBe(first);
    it.pass(1);
    expect(it.send('a')).not.toBe(first);
  });

  test('by content: equal bodies are one, and without it an id is required', () => {
    const it = fifo({ ContentBasedDeduplication: 'true' });
    const first = it.send('a', { deduplicationId: undefined });
    expect(it.send('a', { deduplicationId: undefined, groupId: 'other' })).toBe(first);
    expect(it.send('a', { deduplicationId: 'explicit' })).not.toBe(first);
    expect(() => fifo().send('a', { deduplicationId: undefined })).toThrow('ContentBasedDeduplication');
  });

  test('with the scope messageGroup each group has its own ids', () => {
    const it = fifo({ DeduplicationScope: 'messageGroup' });
    const first = it.send('a', { groupId: 'a' });
    expect(it.send('a', { groupId: 'a' })).toBe(first);
    expect(it.send('a', { groupId: 'b' })).not.toBe(first);
  });

  test('thousands of forgotten ids leave the remembered ones alone', () => {
    const it = fifo();
    for (let n = 0; n < 5_000; n += 1) it.send(`old ${n}`);
    it.pass(200);
    const kept = it.send('kept');
    it.pass(150);
    for (let n = 0; n < 10; n += 1) it.send(`new ${n}`);
    expect(it.send('kept')).toBe(kept);
    expect(it.send('old 3')).not.toBe(kept);
  });
});

test('sequence numbers are 20 digits and rise', () => {
  const it = fifo();
  for (const body of ['1', '2', '3']) it.send(body);
  const numbers = it.receive().map(({ sequenceNumber }) => sequenceNumber ?? '');
  for (const number of numbers) expect(number).toMatch(/^\d{20}$/);
  expect([...new Set(numbers)].sort()).toEqual(numbers);
});
