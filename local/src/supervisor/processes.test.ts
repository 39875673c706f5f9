import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { endGroups, identify, isAlive } from './processes.ts';
import { startStayer, until } from './test-process.ts';

test('a process is told from a later one with its number, and from another program', () => {
  const self = identify(process.pid)!;
  expect(isAlive(self)).toBe(true);
  expect(isAlive({ ...self, started: '1' })).toBe(false);
  expect(isAlive({ ...self, program: '/bin/other' })).toBe(false);
  expect(identify(2 ** 22 + 1)).toBeUndefined();
});

test('groups are ended: those that stop when asked, those that have to be killed, and what they have started', async () => {
  const polite = await startStayer();
  const deaf = await startStayer("process.on('SIGTERM', () => undefined)");
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-processes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const pidFile = join(folder, 'pid');
  const parent = await startStayer(
    `const child = require('node:child_process').spawn(process.execPath, ['-e',
       "process.on('SIGTERM', () => undefined); console.log(process.pid); setInterval(() => undefined, 1_000)"]);
     child.stdout.once('data', pid => require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, pid))`,
  );
  await until(() => existsSync(pidFile), 5_000);
  const child = identify(Number(readFileSync(pidFile, 'utf8')))!;
  expect(isAlive(child)).toBe(true);
  expect(await endGroups([polite, deaf, parent], 200)).toEqual([]);
  expect([polite, deaf, parent].filter(isAlive)).toEqual([]);
  await until(() => !isAlive(child), 1_000);
});

test('whoever has got a number since is left alone', async () => {
  const other = await startStayer();
  expect(await endGroups([{ ...other, started: '1' }], 100)).toEqual([]);
  expect(isAlive(other)).toBe(true);
});
