import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { versionOf } from './version.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-version-'));
  mkdirSync(join(folder, 'site'));
  mkdirSync(join(folder, 'node_modules'));
  write('main.ts', 'one');
  write('site/profile.ts', 'two');
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(folder, file), text);

test('a version changes with the code, wherever it lies, and with nothing else', () => {
  const first = versionOf(folder);
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  write('notes.md', 'three');
  write('node_modules/other.mjs', 'four');
  expect(versionOf(folder)).toBe(first);
  write('site/profile.ts', 'five');
  const second = versionOf(folder);
  expect(second).not.toBe(first);
  write('site/profile.ts', 'two');
  expect(versionOf(folder)).toBe(first);
  write('main.mjs', '');
  expect(versionOf(folder)).not.toBe(first);
});
