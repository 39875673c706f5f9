import { expect, test } from 'vitest';
import { failing, setUp } from '../test-support/one-attempt.ts';
import { AnothersOperation } from './ledger.ts';
import { Interrupted, LeaseLost, NeedsLogin, SiteFailure } from './outcome.ts';

// What comes again: after an end that wasn't heard of, a stop, a lost lease, or something of ours that failed.

test.each(['succeeded', 'failed', 'outcome_unknown'] as const)(
  'an operation that has a result (%s) is not done again, whatever Redis knows of it',
  async status => {
    const { queue, ledger, results, runs, attempt } = setUp(async () => ({}));
    ledger.known = false;
    results.ends.set('op-1', status);
    expect(await attempt()).toEqual({ kind: 'done' });
    expect([runs, queue.deadLetters, results.results]).toEqual([[], [], []]);
    expect(ledger.ends).toEqual([{ operationId: 'op-1', state: status }]);
    expect(queue.removed).toEqual(['m1']);
  },
);

test('a dead operation whose dead letter is missing gets it', async () => {
  const { queue, ledger, results, runs, attempt } = setUp(async () => ({}));
  ledger.known = false;
  results.ends.set('op-1', 'dead');
  expect(await attempt()).toEqual({ kind: 'done' });
  expect(queue.deadLetters).toHaveLength(1);
  expect([runs, ledger.state, queue.removed]).toEqual([[], 'dead', ['m1']]);
});

test('where nobody can say whether there is a result, nothing is done, and nothing counted', async () => {
  const { ledger, results, runs, attempt } = setUp(async () => ({}));
  ledger.known = false;
  results.down = new Error('503');
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 15_000 });
  expect(runs).toEqual([]);
  const error = 'nobody can say whether it has ended: 503';
  expect(ledger.ends).toMatchObject([{ state: 'forwarded', error, countFailure: false }]);
});

test('a message that nobody has received before, of an operation that Redis knows, costs no look', async () => {
  const { results, runs, attempt } = setUp(async () => ({}));
  results.ended = () => Promise.reject(new Error('asked'));
  expect(await attempt()).toEqual({ kind: 'done' });
  expect(runs).toHaveLength(1);
});

test('a stop: given back at once, nothing counted, whatever the aborted call says', async () => {
  const { working, ledger, attempt } = setUp(async operation => {
    working.abort(new Interrupted('the task is stopping', 0));
    await operation.clock.sleep(1, operation.signal).catch(() => undefined);
    throw new NeedsLogin('page.goto: aborted');
  });
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 0 });
  expect(ledger.ends).toMatchObject([
    { state: 'forwarded', error: 'the task is stopping', countFailure: false },
  ]);
});

test('a stop between two tries ends the wait', async () => {
  const { clock, working, attempt } = setUp(failing(new SiteFailure('down', '/my/profile', 500)));
  void clock.sleep(100).then(() => working.abort(new Interrupted('the task is stopping', 0)));
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 0 });
});

test('a lost lease: hands off the message and its record', async () => {
  const { lease, queue, ledger, results, attempt } = setUp(async operation => {
    lease.abort(new LeaseLost('lease lost'));
    operation.signal.throwIfAborted();
  });
  expect(await attempt()).toEqual({ kind: 'lost' });
  expect([ledger.ends, queue.removed, results.results]).toEqual([[], [], []]);
});

test('an operation that has ended is only deleted', async () => {
  const { ledger, queue, runs, attempt } = setUp(async () => ({}));
  ledger.state = 'succeeded';
  expect(await attempt()).toEqual({ kind: 'done' });
  expect(runs).toEqual([]);
  expect(queue.removed).toEqual(['m1']);
});

test("another creator's operation: a dead letter, the operation's record untouched", async () => {
  const { queue, ledger, attempt } = setUp(async () => ({}));
  ledger.start = failing(new AnothersOperation("operation op-1 is another creator's"));
  expect(await attempt()).toEqual({ kind: 'done' });
  expect(queue.deadLetters).toHaveLength(1);
  expect(ledger.ends).toEqual([]);
});

test('a result that cannot be stored: not recorded as succeeded, not deleted, tried again soon', async () => {
  const { queue, ledger, results, metrics, attempt } = setUp(async () => {
    results.down = new Error('503');
  });
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 15_000 });
  expect(ledger.ends).toMatchObject([
    { state: 'forwarded', error: 'succeeded, but not settled: 503', countFailure: false },
  ]);
  expect([queue.removed, metrics]).toEqual([[], []]);
});

test('a message that cannot be deleted comes again, and is deleted then', async () => {
  const { queue, results, attempt } = setUp(async () => ({}));
  queue.down = new Error('503');
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 0 });
  queue.down = undefined;
  expect(await attempt()).toEqual({ kind: 'done' });
  expect(results.results).toHaveLength(1);
});

test('a delay holds even when it cannot be recorded', async () => {
  const { ledger, site, attempt } = setUp(async () => {
    ledger.down = site.down = new Error('no Redis');
    throw new NeedsLogin('refused');
  });
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 900_000 });
});
