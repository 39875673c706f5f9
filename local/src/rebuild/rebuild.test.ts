import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rebuild, type Asking } from './rebuild.ts';

/** Answers of the API, one after the other. */
let answers: [number, object, Record<string, string>?][];
let asked: unknown[];
let slept: number[];
let server: Server;
let asking: Asking;
beforeEach(async () => {
  [answers, asked, slept] = [[], [], []];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', chunk => (text += String(chunk)));
    request.on('end', () => {
      asked.push(JSON.parse(text));
      const [status, json, headers = {}] = answers.shift() ?? [500, {}];
      response.writeHead(status, headers).end(JSON.stringify(json));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const clock = { now: () => 0, sleep: (ms: number) => Promise.resolve(void slept.push(ms)) };
  asking = {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'hz_x',
    clock,
    signal: new AbortController().signal,
    random: () => 0,
  };
});
afterEach(() => new Promise(resolve => server.close(resolve)));

const page = (seen: number, restored: number, next?: string) => ({
  seen,
  restored,
  unreadable: 0,
  ...(next && { next }),
});

test('page after page, each time telling where it goes on', async () => {
  answers = [
    [200, page(300, 7, 'results/ada/1.json')],
    [200, page(20, 1)],
  ];
  const said: string[] = [];
  expect(await rebuild(asking, undefined, line => said.push(line))).toEqual({
    seen: 320,
    restored: 8,
    unreadable: 0,
  });
  expect(asked).toEqual([{}, { cursor: 'results/ada/1.json' }]);
  expect(said).toEqual(['300 results looked at, 7 restored; --after results/ada/1.json goes on here']);
});

test('what the API can’t do just now is asked for again when it says; five times, then it is said where to go on', async () => {
  answers = [
    [503, {}, { 'retry-after': '3' }],
    [429, {}],
    [200, page(1, 1)],
  ];
  await rebuild(asking, undefined, () => undefined);
  expect(slept).toEqual([3_000, 10_000]);
  answers = Array.from({ length: 5 }, () => [503, { detail: 'no' }]);
  await expect(rebuild(asking, 'results/a/1.json', () => undefined)).rejects.toThrow(
    'the API answered 503: no; --after results/a/1.json goes on here',
  );
  expect(slept).toHaveLength(6);
});

test('what it refuses is not asked for again', async () => {
  answers = [[403, { detail: 'an operator’s is needed' }]];
  await expect(rebuild(asking, undefined, () => undefined)).rejects.toThrow('403: an operator’s is needed');
  expect(slept).toEqual([]);
});
