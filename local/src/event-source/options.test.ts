import { expect, test } from 'vitest';
import type { EventSourceOptions } from './options.ts';
import { testSource } from './test-source.ts';

const refused = (more: Partial<EventSourceOptions>, queue = 'q') => {
  const it = testSource(queue);
  try {
    void it.start(() => undefined, { ...more, enabled: false });
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
};

test('the bounds of a standard queue', () => {
  expect(refused({ batchSize: 1 })).toBeUndefined();
  expect(refused({ batchSize: 10 })).toBeUndefined();
  expect(refused({ batchSize: 10_000, batchingWindowSeconds: 1 })).toBeUndefined();
  expect(refused({ batchingWindowSeconds: 300 })).toBeUndefined();
  expect(refused({ batchSize: 0 })).toBe('batchSize must be from 1 to 10000');
  expect(refused({ batchSize: 1.5 })).toBe('batchSize must be from 1 to 10000');
  expect(refused({ batchSize: 10_001, batchingWindowSeconds: 1 })).toBe('batchSize must be from 1 to 10000');
  expect(refused({ batchSize: 11 })).toBe('a batchSize above 10 needs a batchingWindowSeconds of at least 1');
  expect(refused({ batchingWindowSeconds: 301 })).toBe('batchingWindowSeconds must be from 0 to 300');
  expect(refused({ batchingWindowSeconds: 0.5 })).toBe('batchingWindowSeconds must be from 0 to 300');
});

test('a FIFO queue has batches of at most ten, and no window', () => {
  expect(refused({ batchSize: 10 }, 'q.fifo')).toBeUndefined();
  expect(refused({ batchSize: 11, batchingWindowSeconds: 1 }, 'q.fifo')).toBe(
    'batchSize must be from 1 to 10',
  );
  expect(refused({ batchingWindowSeconds: 1 }, 'q.fifo')).toBe('batchingWindowSeconds must be 0');
});

test('the bounds of concurrency', () => {
  for (const maximumConcurrency of [undefined, 2, 1_000])
    expect(refused({ maximumConcurrency })).toBeUndefined();
  for (const maximumConcurrency of [0, 1, 1_001, Number.NaN])
    expect(refused({ maximumConcurrency })).toBe('maximumConcurrency must be from 2 to 1000');
  expect(refused({ reservedConcurrency: 0 })).toBeUndefined();
  expect(refused({ reservedConcurrency: -1 })).toContain('reservedConcurrency must be from 0');
});
