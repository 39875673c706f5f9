import { expect, test } from 'vitest';
import { TestQueue } from './test-queue.ts';

/** A queue with two messages, and receives of both with an attempt id. */
function retried(visibilitySeconds = 30) {
  const it = new TestQueue({ FifoQueue: 'true' });
  it.send('1');
  it.send('2');
  const receive = (attemptId = 'attempt', seconds = visibilitySeconds) =>
    it.queue.receive(10, seconds * 1_000, it.now, attemptId).map(message => it.handleOf(message));
  return { it, receive };
}

test('a receive that is repeated returns the same messages with the same handles, and hides them anew', () => {
  const { it, receive } = retried();
  const first = receive();
  it.pass(20);
  expect(receive()).toEqual(first);
  expect(first).toHaveLength(2);
  it.pass(20);
  expect(it.bodies()).toEqual([]);
  expect(receive('attempt', 60)).toEqual(first);
  it.pass(59);
  for (const handle of first) it.delete(handle);
  expect(it.counts()).toEqual([0, 0, 0]);
});

test('it hides them for 12 hours in all at most', () => {
  const { it, receive } = retried(43_200);
  const first = receive();
  it.pass(200);
  expect(receive()).toEqual(first);
  it.pass(90);
  expect(receive()).toEqual(first);
  it.pass(43_200 - 290 - 1);
  expect(it.bodies()).toEqual([]);
  it.pass(1);
  expect(it.bodies()).toEqual(['1', '2']);
});

test('another attempt, and one without an id, gets nothing of it', () => {
  const { it, receive } = retried();
  receive();
  expect([receive('other'), it.bodies()]).toEqual([[], []]);
});

test('a repeat is refused once a message was deleted or changed; once they are visible, it is a receive like any other', () => {
  const deleted = retried();
  const [first = ''] = deleted.receive();
  deleted.it.delete(first);
  expect(() => deleted.receive()).toThrow('not retryable');
  deleted.it.pass(30);
  expect(deleted.receive()).toHaveLength(1);

  const changed = retried();
  const [other = ''] = changed.receive();
  changed.it.change(other, 60);
  expect(() => changed.receive()).toThrow('not retryable');

  const expired = retried();
  const before = expired.receive();
  expired.it.pass(30);
  const after = expired.receive();
  expect(after).toHaveLength(2);
  expect(after).not.toEqual(before);
  expect(expired.receive()).toEqual(after);
});

test('an attempt is remembered for 5 minutes from its first receive, and an empty one not at all', () => {
  const { it, receive } = retried(600);
  const first = receive();
  it.pass(299);
  expect(receive()).toEqual(first);
  it.pass(1);
  expect(receive()).toEqual([]);
  const empty = new TestQueue({ FifoQueue: 'true' });
  expect(empty.queue.receive(10, 1_000, empty.now, 'attempt')).toEqual([]);
  empty.send('late');
  expect(empty.queue.receive(10, 1_000, empty.now, 'attempt')).toHaveLength(1);
});
