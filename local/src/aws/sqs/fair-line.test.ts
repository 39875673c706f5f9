import { describe, expect, test } from 'vitest';
import { TestQueue } from './test-queue.ts';

/** Sends `count` messages of a group, or of none: `a1`, `a2` ... */
function send(it: TestQueue, groupId: string | undefined, count: number): void {
  for (let n = 1; n <= count; n += 1) it.send(`${groupId ?? '-'}${n}`, { groupId });
}
/** Of whom the next messages are. */
const groups = (it: TestQueue, limit = 10) => it.receive(limit, 600).map(({ groupId }) => groupId ?? '-');
const times = (count: number, group: string) => Array.from({ length: count }, () => group);

describe('fair queues', () => {
  test('while no group is noisy it is first come first served, with groups and without', () => {
    const it = new TestQueue();
    send(it, 'a', 29);
    send(it, undefined, 1);
    send(it, 'b', 1);
    expect(groups(it, 100)).toEqual([...times(29, 'a'), '-', 'b']);
  });

  test('of a group with 30 in flight, others go first, even those without a group', () => {
    const it = new TestQueue();
    send(it, 'a', 50);
    send(it, undefined, 1);
    send(it, 'b', 2);
    expect(groups(it, 30)).toEqual(times(30, 'a'));
    expect(groups(it)).toEqual(['-', 'b', 'b', ...times(7, 'a')]);
    send(it, 'b', 1);
    expect(groups(it, 2)).toEqual(['b', 'a']);
  });

  test('messages without a group never make one: 1,000 of them in flight pass nobody over', () => {
    const it = new TestQueue();
    send(it, undefined, 1_010);
    send(it, 'b', 1);
    groups(it, 1_000);
    expect(groups(it, 11)).toEqual([...times(10, '-'), 'b']);
  });

  test('30 in flight are not noisy while they are no more than a tenth; they get so when others end', () => {
    const it = new TestQueue();
    send(it, undefined, 270);
    send(it, 'a', 35);
    const others = it.receive(270, 600);
    expect(groups(it, 30)).toEqual(times(30, 'a'));
    send(it, 'b', 1);
    expect(groups(it, 1)).toEqual(['a']); // 30 of 300
    it.delete(it.handleOf(others[0] as (typeof others)[number]));
    it.delete(it.handleOf(others[1] as (typeof others)[number]));
    expect(groups(it, 2)).toEqual(['b', 'a']); // 31 of 299
  });

  test('of several noisy groups the one with the fewest in flight goes first', () => {
    const it = new TestQueue();
    send(it, 'a', 45);
    groups(it, 40);
    send(it, 'b', 31);
    expect(groups(it, 30)).toEqual(times(30, 'b'));
    expect(groups(it, 3)).toEqual(['b', 'a', 'a']);
  });

  test('a group whose messages come back is no longer noisy', () => {
    const it = new TestQueue();
    send(it, 'a', 40);
    const taken = it.receive(30, 600);
    send(it, 'b', 1);
    it.change(it.handleOf(taken[0] as (typeof taken)[number]), 0);
    expect(groups(it, 3)).toEqual(['a', 'b', 'a']);
  });
});
