import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Operation } from '../types.ts';
import { filterOf, fits } from './filter.ts';
import { askedAt, heldBack, listOf, reread, settled, withChanges, withPage, type List } from './list.ts';
import { operation } from './test-operation.ts';

const ALL = filterOf({});
const WAITING = filterOf({ state: 'waiting' });
const ids = ({ rows }: List) => rows.map(({ operation_id }) => operation_id);
const op = (n: number, state: Operation['state'] = 'waiting') => operation(`op-${n}`, { second: n, state });
const newest = (...ns: number[]) => ns.map(n => op(n));

test('what is listed changes in its place', () => {
  const list = listOf({ operations: newest(3, 2, 1) });
  const changed = withChanges(list, [op(2, 'running')], ALL, false);
  expect(ids(changed)).toEqual(['op-3', 'op-2', 'op-1']);
  expect(changed.rows[1]!.state).toBe('running');
});

test('what is new comes on top, if it fits', () => {
  const list = listOf({ operations: newest(2, 1) });
  expect(ids(withChanges(list, [op(3), op(4, 'failed')], WAITING, false))).toEqual(['op-3', 'op-2', 'op-1']);
});

test('what doesn’t fit any more goes, and what fits now comes to its place', () => {
  const list = listOf({ operations: newest(5, 3, 1) });
  const changed = withChanges(list, [op(3, 'running'), op(2)], WAITING, false);
  expect(ids(changed)).toEqual(['op-5', 'op-2', 'op-1']);
});

test('while somebody reads no row comes or goes', () => {
  let list = listOf({ operations: newest(3, 2, 1) });
  list = withChanges(list, [op(4), op(2, 'running')], WAITING, true);
  expect(ids(list)).toEqual(['op-3', 'op-2', 'op-1']);
  expect([...list.over]).toEqual(['op-2']);
  expect(list.rows[1]!.state).toBe('running');
  expect(heldBack(list)).toBe(2);
  expect(ids(settled(list))).toEqual(['op-4', 'op-3', 'op-1']);
  expect(heldBack(settled(list))).toBe(0);
});

test('what fits again before anybody has looked was never gone', () => {
  let list = listOf({ operations: newest(1) });
  list = withChanges(list, [op(1, 'forwarded'), op(2)], WAITING, true);
  list = withChanges(list, [op(1, 'waiting'), op(2, 'forwarded')], WAITING, true);
  expect(heldBack(list)).toBe(0);
});

test('an older one than all that were read is left to its page', () => {
  const list = listOf({ operations: newest(9, 8), next: '2' });
  expect(withChanges(list, [op(1)], WAITING, false)).toBe(list);
  expect(ids(withChanges({ ...list, next: undefined }, [op(1)], WAITING, false))).toEqual([
    'op-9',
    'op-8',
    'op-1',
  ]);
});

test('nothing that concerns the list leaves it as it is: no row is drawn anew', () => {
  const list = listOf({ operations: newest(1) });
  expect(withChanges(list, [op(7, 'failed')], WAITING, false)).toBe(list);
});

test('a page is added behind, without what is there already, and each row knows where it was read', () => {
  let list = listOf({ operations: newest(9, 8), next: '2' });
  list = withPage(list, { operations: newest(8, 7), next: '4' });
  expect(ids(list)).toEqual(['op-9', 'op-8', 'op-7']);
  expect([list.cursors.get('op-8'), list.cursors.get('op-7'), list.next]).toEqual(['', '2', '4']);
});

test('read anew it is as it was read; to whoever reads, the difference is held back', () => {
  const list = listOf({ operations: newest(3, 2, 1) });
  const page = { operations: [op(4), op(3, 'running'), op(1)] };
  expect(ids(reread(list, page, false))).toEqual(['op-4', 'op-3', 'op-1']);
  const held = reread(list, page, true);
  expect(ids(held)).toEqual(['op-3', 'op-2', 'op-1']);
  expect(held.rows[0]!.state).toBe('running');
  expect(ids(settled(held))).toEqual(['op-4', 'op-3', 'op-1']);
});

test('never more than 10,000 rows', () => {
  let list = listOf({ operations: Array.from({ length: 10_000 }, (_, i) => op(20_000 - i)), next: 'more' });
  list = withChanges(list, [op(30_000)], ALL, false);
  expect([list.rows.length, list.rows[0]!.operation_id, list.next]).toEqual([10_000, 'op-30000', undefined]);
});

test('whatever comes in whatever order, read or not: in the end it is what fits, the newest first', () => {
  const states = ['waiting', 'running', 'failed'] as const;
  const change = fc.record({
    n: fc.integer({ min: 0, max: 12 }),
    state: fc.constantFrom(...states),
    isReading: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), changes => {
      const truth = new Map<number, Operation>([5, 3].map(n => [n, op(n)]));
      let list = listOf({ operations: newest(5, 3) });
      for (const { n, state, isReading } of changes) {
        truth.set(n, op(n, state));
        const before = ids(list);
        list = withChanges(list, [op(n, state)], WAITING, isReading);
        if (isReading) expect(ids(list)).toEqual(before);
      }
      const wanted = [...truth.values()]
        .filter(one => fits(WAITING, one))
        .sort((a, b) => (askedAt(a) > askedAt(b) ? -1 : 1));
      expect(settled(list).rows).toEqual(wanted);
    }),
  );
});
