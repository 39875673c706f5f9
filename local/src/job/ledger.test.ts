import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRun } from './ledger.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'huntaze-runs-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test('a job that was cut off goes on under its id and in its folder', () => {
  const first = openRun(folder, ['job', 10], 1_000);
  writeFileSync(join(first.dataDir, 'queue'), 'content');
  const again = openRun(folder, ['job', 10], 2_000);
  expect(first.resumed).toBe(false);
  expect(again).toMatchObject({ id: first.id, begunAt: 1_000, dataDir: first.dataDir, resumed: true });
  expect(existsSync(join(again.dataDir, 'queue'))).toBe(true);
});

test('a job that was finished begins anew, with nothing of the last time', () => {
  const first = openRun(folder, ['job', 10], 1_000);
  writeFileSync(join(first.dataDir, 'queue'), 'content');
  first.finish();
  const next = openRun(folder, ['job', 10], 2_000);
  expect(next).toMatchObject({ begunAt: 2_000, resumed: false });
  expect(next.id).not.toBe(first.id);
  expect(existsSync(join(next.dataDir, 'queue'))).toBe(false);
});

test('other requests or settings are another job', () => {
  expect(openRun(folder, ['job', 10], 0).dataDir).not.toBe(openRun(folder, ['job', 11], 0).dataDir);
});
