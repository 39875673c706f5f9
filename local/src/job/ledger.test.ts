import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { forgetOldRuns, openRun, runFolder, runFolders, unfinishedOther } from './ledger.ts';

let jobs: string;
beforeEach(() => (jobs = mkdtempSync(join(tmpdir(), 'huntaze-runs-'))));
afterEach(() => rmSync(jobs, { recursive: true }));

test('a job that was cut off goes on under its id and in its folder', () => {
  const folder = runFolder(jobs, ['job', 10]);
  const first = openRun(folder, '/a.jsonl', 1_000);
  writeFileSync(join(folder, 'queue'), 'content');
  const again = openRun(runFolder(jobs, ['job', 10]), '/a.jsonl', 2_000);
  expect(first).toMatchObject({ resumed: false, doneBefore: undefined });
  expect(again).toMatchObject({ id: first.id, begunAt: 1_000, resumed: true });
  expect(existsSync(join(folder, 'queue'))).toBe(true);
});

test('a job that was finished begins anew, with nothing of the last time but that it was, and who runs there', () => {
  const folder = runFolder(jobs, ['job', 10]);
  const first = openRun(folder, '/a.jsonl', 1_000);
  for (const name of ['queue', 'running.json']) writeFileSync(join(folder, name), 'content');
  first.finish(1_500);
  const next = openRun(folder, '/a.jsonl', 2_000);
  expect(next).toMatchObject({ begunAt: 2_000, resumed: false, doneBefore: 1_500 });
  expect(next.id).not.toBe(first.id);
  expect(['queue', 'running.json'].map(name => existsSync(join(folder, name)))).toEqual([false, true]);
});

test('an unfinished job of the same file with other requests or settings is found', () => {
  const before = runFolder(jobs, ['job', 10]);
  const now = runFolder(jobs, ['job', 11]);
  expect(now).not.toBe(before);
  const run = openRun(before, '/a.jsonl', 1_000);
  expect(unfinishedOther(jobs, now, '/a.jsonl')).toMatchObject({ folder: before, begunAt: 1_000 });
  expect(unfinishedOther(jobs, now, '/b.jsonl')).toBeUndefined();
  expect(unfinishedOther(jobs, before, '/a.jsonl')).toBeUndefined();
  run.finish(2_000);
  expect(unfinishedOther(jobs, now, '/a.jsonl')).toBeUndefined();
});

test('of a job that ended a week ago only is left that it was done; of all others everything', () => {
  const WEEK = 7 * 86_400_000;
  const of = (name: string) => runFolder(jobs, [name]);
  for (const [name, endedAt] of [
    ['old', 1_000],
    ['young', 1_001],
    ['begun again', 1_000],
    ['cut off', undefined],
  ] as const) {
    const run = openRun(of(name), `/${name}.jsonl`, 500);
    writeFileSync(join(of(name), 'aws.sqlite'), 'content');
    if (endedAt !== undefined) run.finish(endedAt);
  }
  writeFileSync(join(of('begun again'), 'running.json'), '{}');
  forgetOldRuns(jobs, 1_001 + WEEK);
  const hasState = (name: string) => existsSync(join(of(name), 'aws.sqlite'));
  expect(['old', 'young', 'begun again', 'cut off'].map(hasState)).toEqual([false, true, true, true]);
  expect(openRun(of('old'), '/old.jsonl', 2_000)).toMatchObject({ doneBefore: 1_000 });
  expect(runFolders(jobs)).toHaveLength(4);
  forgetOldRuns(join(jobs, 'nowhere'), 0);
});
