import { expect, test } from 'vitest';
import { presence } from './presence.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A clock whose sleeps end when the test says so, one after the other. */
function steps() {
  let now = 0;
  const sleeping: (() => void)[] = [];
  return {
    clock: {
      now: () => now,
      sleep: (ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          sleeping.push(() => {
            now += ms;
            resolve();
          });
        }),
    },
    pass: async (seconds: number) => {
      for (let i = 0; i < seconds; i += 1) {
        sleeping.shift()?.();
        await new Promise(resolve => setImmediate(resolve));
      }
    },
  };
}

test('what changes is said within a second, else a word every 15 s, and at the end that it goes', async () => {
  const { clock, pass } = steps();
  const said: (number | undefined)[] = [];
  const here = presence(busy => Promise.resolve(void said.push(busy)), clock, silent);
  const ending = new AbortController();
  const run = here.run(ending.signal);
  await pass(3);
  here.holding(2);
  await pass(1);
  expect(said).toEqual([0, 2]);
  await pass(14);
  expect(said).toEqual([0, 2]);
  await pass(1);
  expect(said).toEqual([0, 2, 2]);
  ending.abort();
  await run;
  expect(said).toEqual([0, 2, 2, undefined]);
});

test('where it can’t be told, that is logged once, and the work goes on', async () => {
  const { clock, pass } = steps();
  const logged: unknown[] = [];
  const here = presence(() => Promise.reject(new Error('connect ECONNREFUSED')), clock, {
    ...silent,
    warn: (message, fields) => void logged.push({ message, ...fields }),
  });
  const ending = new AbortController();
  const run = here.run(ending.signal);
  await pass(40);
  ending.abort();
  await run;
  expect(logged).toEqual([{ message: 'presence can not be told', error: 'connect ECONNREFUSED' }]);
});
