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

test('a killed process counts as long as it holds anything: from the signal to its end it is never taken for gone', async () => {
  const taken: string[] = [];
  for (let i = 0; i < 10; i++) {
    const one = await startStayer('globalThis.much = Buffer.alloc(64 << 20, 1)');
    process.kill(one.pid, 'SIGKILL');
    const deadline = performance.now() + 5_000;
    while (isAlive(one) && performance.now() < deadline);
    // Gone is gone for good: it is a zombie of one thread, or its parent has seen its end.
    const state = readStat(one.pid);
    if (state !== undefined && !/^Z 1$/.test(state)) taken.push(state);
  }
  expect(taken).toEqual([]);
});

test('whoever has got a number since is left alone', async () => {
  const other = await startStayer();
  expect(await endGroups([{ ...other, started: '1' }], 100)).toEqual([]);
  expect(isAlive(other)).toBe(true);
});

/** The state of a process and the number of its threads, as Linux writes them. */
function readStat(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return `${fields[0]} ${fields[17]}`;
  } catch {
    return undefined;
  }
}
