import { describe, expect, test } from 'vitest';
import { SqsEngine } from './engine.ts';
import { IN_FLIGHT_LIMIT } from './queue.ts';
import { TestQueue, withDeadLetters } from './test-queue.ts';

const HOUR = 3_600;

describe('visibility', () => {
  test('a received message is hidden until its visibility timeout ends, to the millisecond', () => {
    const it = new TestQueue();
    it.send('a');
    expect(it.bodies(10, 30)).toEqual(['a']);
    it.pass(29.999);
    expect(it.bodies()).toEqual([]);
    it.pass(0.001);
    expect(it.bodies()).toEqual(['a']);
  });

  test('each receive counts, and the first one is remembered', () => {
    const it = new TestQueue();
    it.send('a');
    const first = it.now;
    for (const count of [1, 2, 3]) {
      expect(it.receive(1, 5)[0]).toMatchObject({ receiveCount: count, firstReceivedAt: first });
      it.pass(5);
    }
  });

  test('a change counts from now; 0 gives the message back at once', () => {
    const it = new TestQueue();
    it.send('a');
    const handle = it.handle(30);
    it.pass(20);
    it.change(handle, 60);
    it.pass(59);
    expect(it.bodies()).toEqual([]);
    it.pass(1);
    const second = it.handle(30);
    it.change(second, 0);
    expect(it.bodies()).toEqual(['a']);
  });

  test('a change is forgotten at the next receive', () => {
    const it = new TestQueue();
    it.send('a');
    it.change(it.handle(), 600);
    it.pass(600);
    it.handle(30);
    it.pass(30);
    expect(it.bodies()).toEqual(['a']);
  });

  test('12 h from the receive is the most, whatever was asked for in between', () => {
    const it = new TestQueue();
    it.send('a');
    const handle = it.handle(HOUR);
    it.pass(1_800);
    expect(() => it.change(handle, 43_200)).toThrow(
      'Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]',
    );
    it.change(handle, 43_200 - 1_800);
    it.pass(43_200 - 1_800);
    it.change(it.handle(), 43_200); // A new receive starts a new 12 h.
  });

  test('a message that is not in flight can not be changed', () => {
    const it = new TestQueue();
    it.send('a');
    const handle = it.handle(5);
    it.pass(5);
    expect(() => it.change(handle, 30)).toThrow('not in flight');
    expect(it.bodies()).toEqual(['a']);
    expect(() => it.change(handle, 30)).toThrow('not available for visibility timeout change');
  });
});

describe('receipt handles', () => {
  test('a standard queue: the newest handle deletes even after its visibility timeout', () => {
    const it = new TestQueue();
    it.send('a');
    const handle = it.handle(5);
    it.pass(6);
    it.delete(handle);
    expect(it.counts()).toEqual([0, 0, 0]);
    expect(it.bodies()).toEqual([]);
  });

  test('a standard queue: an older handle succeeds without deleting', () => {
    const it = new TestQueue();
    it.send('a');
    const old = it.handle(5);
    it.pass(5);
    const newest = it.handle(5);
    it.delete(old);
    expect(it.counts()).toEqual([0, 1, 0]);
    it.delete(newest);
    it.delete(newest);
    expect(it.counts()).toEqual([0, 0, 0]);
  });

  test('a FIFO queue refuses a handle whose visibility timeout has ended, or that is superseded', () => {
    const it = new TestQueue({ FifoQueue: 'true' });
    it.send('a');
    const old = it.handle(5);
    it.pass(5);
    expect(() => it.delete(old)).toThrow('Reason: The receipt handle has expired.');
    expect(() => it.change(old, 10)).toThrow('Reason: The receipt handle has expired.');
    const newest = it.handle(5);
    expect(() => it.delete(old)).toThrow('Reason: The receipt handle has expired.');
    it.delete(newest);
    it.delete(newest);
    expect(it.counts()).toEqual([0, 0, 0]);
  });

  test('what never was a handle of this queue is refused', () => {
    const it = new TestQueue();
    const other = new TestQueue({ FifoQueue: 'true' }, it.engine);
    other.send('a');
    expect(() => it.delete('nonsense')).toThrow('not a valid receipt handle');
    expect(() => it.delete(other.handle())).toThrow('not a valid receipt handle');
  });
});

describe('delay', () => {
  test('a delayed message is counted, and comes when its delay ends', () => {
    const it = new TestQueue({ DelaySeconds: '10' });
    it.send('queue delay');
    it.send('own delay', { delayMs: 2_000 });
    it.send('none', { delayMs: 0 });
    expect(it.counts()).toEqual([1, 0, 2]);
    expect(it.bodies()).toEqual(['none']);
    it.pass(2);
    expect(it.bodies()).toEqual(['own delay']);
    it.pass(8);
    expect(it.bodies()).toEqual(['queue delay']);
  });

  test("a FIFO queue's new delay holds for messages already delayed, a standard queue's doesn't", () => {
    for (const [attributes, expected] of [
      [{ FifoQueue: 'true', DelaySeconds: '60' }, ['a']],
      [{ DelaySeconds: '60' }, []],
    ] as const) {
      const it = new TestQueue(attributes);
      it.send('a');
      it.engine.setAttributes(it.queue, new Map([['DelaySeconds', '5']]), it.now);
      it.pass(5);
      expect(it.bodies()).toEqual(expected);
    }
  });
});

describe('retention', () => {
  test('a message goes when its retention ends, whatever state it is in', () => {
    const it = new TestQueue({ MessageRetentionPeriod: '60' });
    it.send('waiting');
    it.send('delayed', { delayMs: 900_000 });
    it.pass(59);
    it.receive(1, HOUR);
    expect(it.counts()).toEqual([0, 1, 1]);
    it.pass(1);
    expect(it.counts()).toEqual([0, 0, 0]);
    expect(it.bodies()).toEqual([]);
  });

  test('a new period holds for messages that are there', () => {
    const it = new TestQueue();
    it.send('a');
    it.pass(120);
    it.engine.setAttributes(it.queue, new Map([['MessageRetentionPeriod', '60']]), it.now);
    expect(it.counts()).toEqual([0, 0, 0]);
  });
});

describe('dead letters', () => {
  test('a message moves at the receive that would exceed maxReceiveCount, ids and dates kept', () => {
    const { source, deadLetters } = withDeadLetters(2);
    const id = source.send('a');
    const sentAt = source.now;
    for (let receives = 0; receives < 2; receives += 1) {
      expect(source.bodies(1, 5)).toEqual(['a']);
      source.pass(5);
    }
    expect(deadLetters.counts(source.now).available).toBe(0);
    expect(source.bodies()).toEqual([]);
    expect(source.counts()).toEqual([0, 0, 0]);
    expect(deadLetters.receive(10, 30_000, source.now)).toMatchObject([
      { id, sentAt, body: 'a', deadLetterSource: source.queue.arn },
    ]);
  });

  test('the dead-letter queue of a FIFO queue keeps their order, and the group goes on', () => {
    const { source, deadLetters } = withDeadLetters(1, { FifoQueue: 'true' });
    source.send('1');
    source.send('2');
    expect(source.bodies(2, 5)).toEqual(['1', '2']);
    source.pass(5);
    source.send('3');
    expect(source.bodies()).toEqual(['3']);
    const dead = deadLetters.receive(10, 30_000, source.now);
    expect(dead.map(({ body, groupId }) => [body, groupId])).toEqual([
      ['1', 'g'],
      ['2', 'g'],
    ]);
  });

  test('retention goes on counting from the sending; on a FIFO queue it begins anew', () => {
    for (const fifo of [false, true]) {
      const { source, deadLetters } = withDeadLetters(1, fifo ? { FifoQueue: 'true' } : {});
      source.send('a');
      source.receive(1, 1);
      source.pass(345_600 - 10);
      source.receive();
      expect(deadLetters.counts(source.now).available).toBe(1);
      source.pass(10);
      expect(deadLetters.counts(source.now).available).toBe(fifo ? 1 : 0);
    }
  });

  test('with a maxReceiveCount above 3, a message received 3 times goes to the back', () => {
    const { source } = withDeadLetters(10);
    source.send('often');
    for (let receives = 0; receives < 3; receives += 1) source.change(source.handle(), 0);
    source.send('new');
    expect(source.bodies()).toEqual(['often', 'new']);
    const again = withDeadLetters(10).source;
    again.send('often');
    again.send('new');
    for (let receives = 0; receives < 3; receives += 1) again.change(again.handle(), 0);
    expect(again.bodies()).toEqual(['new', 'often']);
  });

  test('a redrive policy needs a dead-letter queue that exists, of the same kind, and another', () => {
    const engine = new SqsEngine({ region: 'us-east-1' });
    const { queue } = new TestQueue({}, engine);
    engine.createQueue('q.fifo', new Map([['FifoQueue', 'true']]), 0);
    const set = (arn: string) => () =>
      engine.setAttributes(
        queue,
        new Map([['RedrivePolicy', JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: 3 })]]),
        0,
      );
    expect(set(`${queue.arn}x`)).toThrow('Dead letter target does not exist');
    expect(set(`${queue.arn}.fifo`)).toThrow('same type');
    expect(set(queue.arn)).toThrow('its own');
  });
});

describe('limits', () => {
  test('120,000 in flight: a standard queue says so, a FIFO queue returns nothing', () => {
    for (const fifo of [false, true]) {
      const it = new TestQueue(fifo ? { FifoQueue: 'true' } : {});
      for (let sent = 0; sent < IN_FLIGHT_LIMIT + 1; sent += 1)
        it.send(String(sent), fifo ? { groupId: String(sent) } : {});
      it.receive(IN_FLIGHT_LIMIT + 1, 600);
      if (fifo) expect(it.receive()).toEqual([]);
      else expect(() => it.receive()).toThrow('maximum number of in flight messages');
      expect(it.counts()).toEqual([1, IN_FLIGHT_LIMIT, 0]);
    }
  });

  test('a purge takes every message in whatever state', () => {
    const it = new TestQueue({ FifoQueue: 'true' });
    it.send('a');
    it.send('b', { groupId: 'h' });
    const handle = it.handle();
    it.queue.purge(it.now);
    expect(it.counts()).toEqual([0, 0, 0]);
    it.delete(handle);
    it.send('c');
    expect(it.bodies()).toEqual(['c']);
  });
});

describe('the age of the oldest', () => {
  const age = (it: TestQueue) => it.queue.oldestAge(it.now);

  test('counts from the sending, in flight or not, until it is deleted', () => {
    const it = new TestQueue();
    expect(age(it)).toBeUndefined();
    it.send('a');
    it.pass(10);
    it.send('b');
    expect(age(it)).toBe(10_000);
    const handle = it.handle(600);
    it.pass(5);
    expect(age(it)).toBe(15_000);
    it.delete(handle);
    expect(age(it)).toBe(5_000);
  });

  test('one that goes to the back of a standard queue counts no more; on a FIFO queue it does', () => {
    for (const fifo of [false, true]) {
      const { source: it } = withDeadLetters(10, fifo ? { FifoQueue: 'true' } : {});
      it.send('a');
      it.pass(10);
      it.send('b', fifo ? { groupId: 'other' } : {});
      for (let receive = 0; receive < 3; receive += 1) it.change(it.handle(600), 0);
      if (!fifo) expect(age(it)).toBe(0);
      else expect(age(it)).toBe(10_000);
    }
  });

  test('on a FIFO queue’s dead-letter queue it counts from the move', () => {
    const { source: it, deadLetters } = withDeadLetters(1, { FifoQueue: 'true' });
    it.send('a');
    it.handle(5);
    it.pass(60);
    expect(it.bodies()).toEqual([]);
    it.pass(7);
    expect(deadLetters.oldestAge(it.now)).toBe(7_000);
  });
});
