import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeOver, withLock } from './lock.js';

/** No process has this id: Linux ends at 4,194,304, macOS at 99,998. */
const DEAD_PID = 2_000_000_000;

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'lock-'));
  file = path.join(folder, 'inner', 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const options = { deadlineMs: 5_000, signal: new AbortController().signal, onWait: () => {} };
const left = () => readdirSync(path.dirname(file));

test('of many at once, one works at a time, and nothing is left behind', async () => {
  let inside = 0;
  let most = 0;
  let done = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise(resolve => setImmediate(resolve));
    inside--;
    done++;
  };
  await Promise.all(Array.from({ length: 5 }, () => withLock(file, options, work)));
  expect({ most, done }).toEqual({ most: 1, done: 5 });
  expect(left()).toEqual([]);
});

test('it is given back when the work fails', async () => {
  await expect(withLock(file, options, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(left()).toEqual([]);
});

test.each([
  ['whose holder is gone', `${os.hostname()} ${DEAD_PID} x`, 0],
  ['untouched for long, of another machine or container', 'elsewhere 1 x', 60],
  ['untouched for long, cut short while it was written', '', 60],
])('a lock %s is taken over, once', async (_, holder, ageS) => {
  await withLock(file, options, async () => {});
  writeFileSync(file, holder);
  const touched = new Date(Date.now() - ageS * 1_000);
  utimesSync(file, touched, touched);
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await new Promise(resolve => setImmediate(resolve));
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => withLock(file, options, work)));
  expect(left()).toEqual([]);
});

test('a lock in use is waited for no longer than the deadline', async () => {
  await withLock(file, options, async () => {
    await expect(withLock(file, { ...options, deadlineMs: 0 }, async () => {})).rejects.toThrow(
      `another set-up (process ${process.pid}) has been at work for 0 s; if it hangs, end it and run: rm "${file}"`,
    );
  });
});

test('whoever waits can be stopped', async () => {
  const stopping = new AbortController();
  await withLock(file, options, async () => {
    const waiting = withLock(file, { ...options, signal: stopping.signal }, async () => {});
    stopping.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
  });
});

test('whoever is late to take over an abandoned lock leaves the fresh one of another in place', async () => {
  await withLock(file, options, async () => {
    const fresh = readFileSync(file, 'utf8');
    expect(await takeOver(file, `${os.hostname()} ${DEAD_PID} x`, 'mine')).toBe(false);
    expect(left()).toEqual(['lock']);
    expect(readFileSync(file, 'utf8')).toBe(fresh);
  });
});

test('a lock that has passed to another is not taken from it', async () => {
  await withLock(file, options, async () => writeFileSync(file, 'elsewhere 1 x'));
  expect(readFileSync(file, 'utf8')).toBe('elsewhere 1 x');
});
