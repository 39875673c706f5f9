import { expect, test } from 'vitest';
import { readBatchResponse } from './batch-response.ts';

const read = (result: unknown) => {
  const verdict = readBatchResponse(result, new Set(['a', 'b']));
  return verdict.is === 'invalid' ? 'invalid' : [...verdict.failed];
};
const failures = (...items: unknown[]) => ({ batchItemFailures: items });

test('null, an object without the list, a null list and an empty list are full success', () => {
  for (const result of [null, {}, { other: 1 }, { batchItemFailures: null }, failures()])
    expect(read(result)).toEqual([]);
});

test('listed messages failed, however often they are listed', () => {
  expect(read(failures({ itemIdentifier: 'b' }, { itemIdentifier: 'b' }))).toEqual(['b']);
  expect(read(failures({ itemIdentifier: 'b' }, { itemIdentifier: 'a' }))).toEqual(['b', 'a']);
});

test('a bad identifier or a result of another shape fails the whole batch', () => {
  for (const item of [
    { itemIdentifier: '' },
    { itemIdentifier: null },
    { id: 'a' },
    { itemIdentifier: 'c' },
    'a',
    null,
  ])
    expect(read(failures({ itemIdentifier: 'a' }, item))).toBe('invalid');
  for (const result of [
    'ok',
    '',
    7,
    true,
    [],
    failures().batchItemFailures,
    { batchItemFailures: 'a' },
    { batchItemFailures: {} },
  ])
    expect(read(result)).toBe('invalid');
});
