import { expect, test } from 'vitest';
import { MessageGroups } from './message-groups.ts';
import { rest, testSource } from './test-source.ts';

test('groups are handled at the same time, each of them one batch after the other and in order', async () => {
  const it = testSource('q.fifo');
  const running = new Map<string, number>();
  const order = new Map<string, string[]>();
  let most = 0;
  for (const group of ['a', 'b', 'c'])
    await it.send(
      Array.from({ length: 12 }, (_, n) => String(n)),
      group,
    );
  const source = it.start(
    async ({ Records }) => {
      const groups = new Set(Records.map(({ attributes }) => attributes.MessageGroupId ?? ''));
      for (const group of groups) {
        expect(running.get(group) ?? 0).toBe(0);
        running.set(group, 1);
      }
      most = Math.max(most, [...running.values()].filter(Boolean).length);
      await it.clock.sleep(1_000);
      for (const { attributes, body } of Records) {
        const bodies = order.get(attributes.MessageGroupId ?? '') ?? [];
        order.set(attributes.MessageGroupId ?? '', [...bodies, body]);
      }
      for (const group of groups) running.set(group, 0);
    },
    { maximumConcurrency: 10 },
  );
  await it.pass(20);
  const all = Array.from({ length: 12 }, (_, n) => String(n));
  expect(Object.fromEntries(order)).toEqual({ a: all, b: all, c: all });
  expect(most).toBeGreaterThan(1);
  expect(await it.counts()).toEqual([0, 0]);
  await source.stop();
});

test('a single group is a single invocation at a time, whatever the concurrency', async () => {
  const it = testSource('q.fifo');
  let running = 0;
  let most = 0;
  await it.send(['1', '2', '3', '4'], 'a');
  const source = it.start(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await it.clock.sleep(2_000);
      running -= 1;
    },
    { batchSize: 1, maximumConcurrency: 5 },
  );
  await it.pass(10);
  expect(most).toBe(1);
  expect(await it.counts()).toEqual([0, 0]);
  await source.stop();
});

test('also where the function gives a message back while it still runs', async () => {
  const it = testSource('q.fifo');
  const events: string[] = [];
  await it.send(['1'], 'a');
  const source = it.start(
    async ({ Records }) => {
      events.push('begin');
      if (events.length === 1) await it.changeVisibility(Records[0]?.receiptHandle ?? '', 0);
      await it.clock.sleep(5_000);
      events.push('end');
      return { batchItemFailures: [] };
    },
    { maximumConcurrency: 5 },
  );
  await it.pass(4);
  expect(events).toEqual(['begin']);
  expect(await it.counts()).toEqual([0, 1]); // received again, and waiting for the group
  await it.pass(8);
  expect(events).toEqual(['begin', 'end', 'begin', 'end']);
  await source.stop();
});

test('a batch that waits for its group does not hold up a stop, and comes back', async () => {
  const it = testSource('q.fifo');
  let calls = 0;
  await it.send(['1'], 'a');
  const source = it.start(async ({ Records }) => {
    calls += 1;
    await it.changeVisibility(Records[0]?.receiptHandle ?? '', 0);
    await it.clock.sleep(5_000);
    throw new Error('not done');
  });
  await it.pass(1);
  const stopped = source.stop();
  await it.pass(5);
  expect(await stopped).toBe(true);
  expect(calls).toBe(1);
  expect(await it.counts()).toEqual([0, 1]);
});

test('on a standard queue a group is no more than an attribute', async () => {
  const it = testSource();
  let most = 0;
  let running = 0;
  await it.send(['1', '2'], 'a');
  const source = it.start(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await it.clock.sleep(1_000);
      running -= 1;
    },
    { batchSize: 1 },
  );
  await it.pass(2);
  expect(most).toBe(2);
  await source.stop();
});

test('groups are claimed together, in the order asked for', async () => {
  const groups = new MessageGroups();
  const { signal } = new AbortController();
  const got: string[] = [];
  const claim = (name: string, ids: string[], stopping = signal) =>
    groups.claim(ids, stopping).then(release => {
      got.push(name);
      return release;
    });
  const first = await claim('first', ['a', 'a']);
  const second = claim('second', ['a', 'b']);
  const third = claim('third', ['b']);
  const other = await claim('other', ['c']);
  await rest();
  expect(got).toEqual(['first', 'other']);
  first();
  const releaseSecond = await second;
  const fourth = claim('fourth', ['a']);
  await rest();
  expect(got).toEqual(['first', 'other', 'second']);
  releaseSecond();
  (await third)();
  (await fourth)();
  other();
  expect(got.toSorted()).toEqual(['first', 'fourth', 'other', 'second', 'third']);
  (await claim('again', ['a', 'b', 'c']))();
});

test('who gives up waiting lets nobody pass who came later', async () => {
  const groups = new MessageGroups();
  const stopping = new AbortController();
  const first = await groups.claim(['a'], stopping.signal);
  const second = groups.claim(['a'], stopping.signal);
  const refused = expect(second).rejects.toThrow('stop');
  stopping.abort(new Error('stop'));
  await refused;
  let isThird = false;
  const third = groups.claim(['a'], new AbortController().signal).then(release => {
    isThird = true;
    return release;
  });
  await rest();
  expect(isThird).toBe(false);
  first();
  (await third)();
});
