import { describe, expect, test } from 'vitest';
import type { Handler } from './invocation.ts';
import type { EventSourceOptions } from './options.ts';
import { rest, testSource } from './test-source.ts';

/** Has three messages handled once, and tells what is left of them and what was logged. */
async function handled(handler: Handler, more: Partial<EventSourceOptions> = {}) {
  const it = testSource();
  await it.send(['a', 'b', 'c']);
  const source = it.start(handler, more);
  const counts = await it.counts();
  await source.stop();
  return { counts, logged: it.logged.map(({ message, reason, error }) => reason ?? error ?? message) };
}

const listed = (...itemIdentifier: unknown[]) => ({
  batchItemFailures: itemIdentifier.map(id => ({ itemIdentifier: id })),
});

describe('with ReportBatchItemFailures', () => {
  test.each([undefined, null, {}, { batchItemFailures: null }, listed()])(
    '%j is full success',
    async result => {
      expect(await handled(() => result)).toEqual({ counts: [0, 0], logged: [] });
    },
  );

  test('what is listed is left alone, the rest deleted', async () => {
    const { counts } = await handled(({ Records }) => listed(Records[1]?.messageId));
    expect(counts).toEqual([0, 1]);
  });

  test.each([
    ['an unknown identifier', listed('x'), 'an itemIdentifier is not of this batch'],
    ['an empty identifier', listed(''), 'an itemIdentifier is missing or empty'],
    ['a null identifier', listed(null), 'an itemIdentifier is missing or empty'],
    ['another key', { batchItemFailures: [{ id: 'x' }] }, 'an itemIdentifier is missing or empty'],
    ['a list of strings', { batchItemFailures: ['x'] }, 'an itemIdentifier is missing or empty'],
    ['no list', { batchItemFailures: 'x' }, 'batchItemFailures is not a list'],
    ['a text', 'ok', 'the result is not a JSON object'],
    ['a list alone', [], 'the result is not a JSON object'],
    ['an undefined identifier', listed(undefined), 'an itemIdentifier is missing or empty'],
  ])('%s fails the whole batch', async (_what, result, reason) => {
    expect(await handled(() => result)).toEqual({ counts: [0, 3], logged: [reason] });
  });

  test('so does an unknown identifier beside good ones', async () => {
    const { counts } = await handled(({ Records }) => listed(Records[0]?.messageId, 'x'));
    expect(counts).toEqual([0, 3]);
  });
});

test('without ReportBatchItemFailures, whatever is returned deletes everything', async () => {
  for (const result of [undefined, 'ok', listed('x'), { batchItemFailures: 7 }])
    expect(await handled(() => result, { reportBatchItemFailures: false })).toEqual({
      counts: [0, 0],
      logged: [],
    });
  const all: Handler = ({ Records }) => listed(...Records.map(({ messageId }) => messageId));
  expect((await handled(all, { reportBatchItemFailures: false })).counts).toEqual([0, 0]);
});

test.each([true, false])('a throw, a rejection, an answer that is no JSON: all fails (%j)', async flag => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const ways: [Handler, string][] = [
    [() => Promise.reject(new SyntaxError('broken')), 'SyntaxError'],
    [() => Promise.reject('words'), 'string'],
    [() => circular, 'TypeError'],
    [() => ({ batchItemFailures: [], big: 1n }), 'TypeError'],
    [() => ({ big: 'x'.repeat(6 * 1_024 * 1_024) }), 'RangeError'],
  ];
  for (const [handler, error] of ways)
    expect(await handled(handler, { reportBatchItemFailures: flag })).toEqual({
      counts: [0, 3],
      logged: [error],
    });
});

test('without the flag, an event source polls more slowly while its function fails', async () => {
  const it = testSource('q', '120');
  await it.send(Array.from({ length: 40 }, (_, n) => String(n)));
  let calls = 0;
  const source = it.start(
    () => {
      calls += 1;
      throw new Error('broken');
    },
    { reportBatchItemFailures: false, batchSize: 1 },
  );
  await rest();
  expect(calls).toBe(2);
  await it.clock.advance(200);
  await rest();
  expect(calls).toBe(4);
  await it.clock.advance(999);
  await rest();
  expect(calls).toBe(4);
  await source.stop();
});

describe('visibility is left alone', () => {
  test('a listed message comes back when the time that the function gave it has passed', async () => {
    const it = testSource('q', '60');
    const at: number[] = [];
    const start = it.clock.now();
    const source = it.start(async ({ Records }) => {
      at.push((it.clock.now() - start) / 1_000);
      if (at.length > 1) return listed();
      await it.changeVisibility(Records[0]?.receiptHandle ?? '', 7);
      return listed(Records[0]?.messageId);
    });
    await it.send(['a']);
    await it.pass(8);
    expect(at).toEqual([0, 7]);
    await source.stop();
    // The one change of visibility is the function's.
    expect(Object.keys(it.calls).toSorted()).toEqual([
      'ChangeMessageVisibility',
      'DeleteMessageBatch',
      'ReceiveMessage',
      'SendMessage',
    ]);
    expect(it.calls['ChangeMessageVisibility']).toBe(1);
  });

  test('that of a failed batch is the queue’s', async () => {
    const it = testSource('q', '60');
    const seen: string[] = [];
    const source = it.start(({ Records }) => {
      seen.push(Records[0]?.attributes.ApproximateReceiveCount ?? '');
      throw new Error('broken');
    });
    await it.send(['a']);
    await it.pass(59);
    expect(seen).toEqual(['1']);
    await it.pass(2);
    expect(seen).toEqual(['1', '2']);
    await source.stop();
  });
});

describe('throttling', () => {
  test('consumes the receive: nothing is invoked, the batch comes back when its visibility ends', async () => {
    const it = testSource('q', '30');
    const seen: string[] = [];
    let throttled = 2;
    const source = it.start(
      ({ Records }) => {
        seen.push(Records[0]?.attributes.ApproximateReceiveCount ?? '');
      },
      { throttle: () => (throttled -= 1) >= 0 },
    );
    await it.send(['a']);
    expect(await it.counts()).toEqual([0, 1]);
    expect(it.logged).toMatchObject([{ level: 'WARN', message: 'invocation throttled', batch: 1 }]);
    await it.pass(61);
    expect(seen).toEqual(['3']);
    expect(await it.counts()).toEqual([0, 0]);
    await source.stop();
  });

  test('with the queue’s visibility timeout known, it is tried again until that has passed', async () => {
    const it = testSource('q', '30');
    const tries: number[] = [];
    const start = it.clock.now();
    let isBusy = true;
    const source = it.start(() => undefined, {
      visibilityTimeoutMs: 30_000,
      throttle: () => {
        tries.push((it.clock.now() - start) / 1_000);
        return isBusy;
      },
    });
    await it.send(['a']);
    await it.clock.advance(200);
    await it.clock.advance(1_000);
    await it.clock.advance(28_000);
    await rest();
    expect(tries).toEqual([0, 0.2, 1.2, 6.2, 11.2, 16.2, 21.2, 26.2]);
    expect(it.logged).toMatchObject([{ message: 'invocation throttled' }]);
    isBusy = false;
    await it.pass(2);
    expect(tries).toHaveLength(9);
    expect(await it.counts()).toEqual([0, 0]);
    await source.stop();
  });

  test('a wait between tries ends with a stop', async () => {
    const it = testSource();
    const source = it.start(() => undefined, { visibilityTimeoutMs: 60_000, throttle: () => true });
    await it.send(['a']);
    expect(await source.stop()).toBe(true);
    expect(await it.counts()).toEqual([0, 1]);
  });

  test('reserved concurrency is what all invocations share', async () => {
    const it = testSource('q', '30');
    let running = 0;
    let most = 0;
    await it.send(['a', 'b', 'c', 'd']);
    const source = it.start(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await it.clock.sleep(10_000);
        running -= 1;
      },
      { batchSize: 1, maximumConcurrency: 4, reservedConcurrency: 2 },
    );
    await rest();
    expect(most).toBe(2);
    expect(it.logged.map(({ message }) => message)).toEqual(['invocation throttled', 'invocation throttled']);
    await it.pass(45);
    expect(most).toBe(2);
    expect(await it.counts()).toEqual([0, 0]);
    await source.stop();
  });

  test('a reserved concurrency of 0 invokes nothing', async () => {
    expect(
      await handled(
        () => {
          throw new Error('called');
        },
        { reservedConcurrency: 0 },
      ),
    ).toEqual({ counts: [0, 3], logged: ['invocation throttled'] });
  });
});

test('what can’t be deleted is told once, and comes back', async () => {
  const it = testSource('q', '60');
  let calls = 0;
  const source = it.start(
    () => {
      calls += 1;
      it.outage ??= new Error('away');
    },
    { batchSize: 1_000, batchingWindowSeconds: 1 },
  );
  await it.send(Array.from({ length: 35 }, (_, n) => String(n)));
  await it.pass(5);
  it.outage = undefined;
  const told = it.logged.filter(({ message }) => message === 'deleting failed');
  expect(told.reduce((sum, { messages }) => sum + (messages as number), 0)).toBe(35);
  expect(told.length).toBe(calls);
  expect(it.calls['DeleteMessageBatch']).toBe(3 * calls); // no use in trying the next ten
  expect(await it.counts()).toEqual([0, 35]);
  await source.stop();
});

test('a deletion that is refused is not repeated, and the others of the batch are', async () => {
  const it = testSource('q', '60');
  const asked: string[][] = [];
  const client = {
    send: async (
      command: { input: { Entries?: { Id: string }[] } },
      options: { abortSignal: AbortSignal },
    ) => {
      const { Entries } = command.input;
      if (Entries === undefined) return it.client.send(command as never, options);
      asked.push(Entries.map(({ Id }) => Id));
      const failed = (Id: string, SenderFault: boolean) => ({ Id, SenderFault, Code: `fault of ${Id}` });
      return { Failed: asked.length === 1 ? [failed('0', true), failed('1', false)] : [] };
    },
  } as unknown as EventSourceOptions['sqs'];
  await it.send(['a', 'b', 'c']);
  const source = it.start(() => undefined, { sqs: client });
  await it.pass(1);
  expect(asked).toEqual([['0', '1', '2'], ['1']]);
  expect(it.logged).toMatchObject([{ message: 'deleting failed', messages: 1 }]);
  await source.stop();
});
