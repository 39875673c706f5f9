import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@huntaze/core/clock';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLog } from './log-file.ts';

const DAY = 86_400_000;
let folder: string;
let file: string;
/** How far the clock is ahead of the file system's (ms). */
let ahead: number;
const clock: Clock = {
  now: () => Date.now() + ahead,
  sleep: () => Promise.reject(new Error('nobody sleeps')),
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-log-'));
  file = join(folder, 'part.log');
  ahead = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines = (name: string) => readFileSync(name, 'utf8').trim().split('\n');
function write(...texts: string[]): void {
  const log = openLog(file, clock);
  for (const text of texts) log.write(text);
  log.end();
}

test('a log goes on where it was, and is its owner’s alone', () => {
  write('one', 'two');
  write('three');
  expect(lines(file)).toEqual(['one', 'two', 'three']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(existsSync(`${file}.1`)).toBe(false);
});

test('after a week it makes room for a new one, after two the old one is gone: when it is opened, and while it is written', () => {
  const log = openLog(file, clock);
  log.write('one');
  ahead = 6 * DAY;
  log.write('two');
  expect(lines(file)).toEqual(['one', 'two']);
  ahead = 8 * DAY;
  log.write('three');
  log.end();
  expect([lines(`${file}.1`), lines(file)]).toEqual([['one', 'two'], ['three']]);
  utimesSync(`${file}.1`, new Date(), new Date(Date.now() + 6 * DAY));
  ahead = 12 * DAY;
  write('four');
  expect(lines(`${file}.1`)).toEqual(['three']); // the file system says that it is 12 days old
  utimesSync(`${file}.1`, new Date(), new Date(Date.now() + 4 * DAY));
  ahead = 12 * DAY;
  rmSync(file);
  write('five');
  expect(existsSync(`${file}.1`)).toBe(false);
});

test('it never takes more than twice its size of the disk', () => {
  const log = openLog(file, clock);
  const text = 'x'.repeat(1_024 * 1_024);
  for (let n = 0; n < 50; n += 1) log.write(`${n} ${text}`);
  log.end();
  const most = 16 * 1_024 * 1_024;
  expect(statSync(file).size).toBeLessThanOrEqual(most);
  expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(most);
  expect(readFileSync(file, 'latin1').trimEnd().split('\n').at(-1)!.slice(0, 2)).toBe('49');
});

test('a log that can’t be kept says so, and no more is written', async () => {
  const log = openLog(join(folder, 'nowhere', 'part.log'), clock);
  expect((await log.failed).message).toMatch(/ENOENT/);
  log.write('one');
  log.end();
});
