import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { keepPart } from './keep.ts';
import { isAlive, type ProcessId } from './processes.ts';
import { stayer, until } from './test-process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-keep-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Keeps a part made of a program for `node -e`; notes what is said and which processes there have been. */
async function keep(program: string, signal = new AbortController().signal) {
  const said: string[] = [];
  const processes: ProcessId[] = [];
  const part = await keepPart(
    {
      name: 'toy',
      command: process.execPath,
      args: ['-e', program],
      env: {},
      logFile: join(folder, 'toy.log'),
      ready: 'line',
    },
    {
      say: line => said.push(line),
      signal,
      watch: { began: (_, id) => processes.push(id), ended: () => undefined },
    },
  );
  onTestFinished(() => part.stop(0));
  return { part, said, processes };
}

test('a part that is killed is started again, and one line says so', async () => {
  const { part, said, processes } = await keep(stayer());
  process.kill(processes[0]!.pid, 'SIGKILL');
  await until(() => said.length === 1, 5_000);
  expect(said[0]).toMatch(/^toy has ended \(SIGKILL\); started again after 0\.[2-9] s$/);
  expect(processes.map(isAlive)).toEqual([false, true]);
  await part.stop(1_000);
  expect(processes.map(isAlive)).toEqual([false, false]);
});

test('a part that can’t be kept up is given up after the fifth end: one line with its name, its last words and its log', async () => {
  const { part, said, processes } = await keep(
    `console.log('{"ready":true}'); setTimeout(() => { throw new Error('no more room'); }, 20)`,
  );
  expect(await part.givenUp).toBe(
    `toy has ended 5 times within 60 s and is given up: exit code 1: Error: no more room; its log: ${folder}/toy.log`,
  );
  expect(processes).toHaveLength(5);
  expect(said).toHaveLength(4);
  await part.stop(1_000);
  expect(processes.filter(isAlive)).toEqual([]);
});

test('a part that does not come back at once is tried again, and each failure is said', async () => {
  const broken = join(folder, 'broken');
  const { said, processes } = await keep(
    stayer(
      `if (require('node:fs').existsSync(${JSON.stringify(broken)})) throw new Error('state is broken')`,
    ),
  );
  writeFileSync(broken, '');
  process.kill(processes[0]!.pid, 'SIGKILL');
  await until(() => said.length === 1, 5_000);
  rmSync(broken);
  await until(() => said.length === 2, 5_000);
  expect(said).toEqual([
    `toy did not start: Error: state is broken; its log: ${folder}/toy.log; tried again in 0.4 s`,
    expect.stringMatching(/^toy has ended \(SIGKILL\); started again after 0\.[6-9] s$/),
  ]);
});

test('it can be stopped while it is being started again, and isn’t started after that', async () => {
  const count = join(folder, 'count');
  const { part, processes } = await keep(
    `require('node:fs').appendFileSync(${JSON.stringify(count)}, 'x');
     if (require('node:fs').statSync(${JSON.stringify(count)}).size === 1) console.log('{"ready":true}');
     process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1_000)`,
  );
  process.kill(processes[0]!.pid, 'SIGKILL');
  await until(() => processes.length === 2, 5_000);
  const begun = performance.now();
  await part.stop(3_000);
  expect(performance.now() - begun).toBeLessThan(500);
  expect(processes.filter(isAlive)).toEqual([]);
  expect(readFileSync(count, 'utf8').length).toBeLessThanOrEqual(2);
});

test('a first start that is broken off leaves nothing behind', async () => {
  const stop = new AbortController();
  const never = `console.error('starting'); setInterval(() => undefined, 1_000)`;
  const starting = keep(never, stop.signal);
  stop.abort(new Error('enough'));
  await expect(starting).rejects.toThrow('enough');
});
