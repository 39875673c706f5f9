import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimFolder, type Running } from './claim.ts';
import { identify, isAlive } from './processes.ts';
import { startStayer } from './test-process.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-claim-'));
  file = join(folder, 'running.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const said: string[] = [];
const say = (line: string) => said.push(line);
beforeEach(() => void (said.length = 0));
const gone = { pid: 2 ** 22 + 1, started: '1', program: '/bin/node' };

test('a folder is taken once: the second is told since when, where, and how to stop it', async () => {
  const first = await claimFolder(folder, say);
  first.at('http://127.0.0.1:3000', { redis: 20_001, aws: 20_002 });
  const refusal = await claimFolder(folder, say).catch((error: Error) => error.message);
  expect(refusal).toMatch(
    new RegExp(
      `^already running since \\d\\d:\\d\\d at http://127\\.0\\.0\\.1:3000 \\(process ${process.pid}\\); ` +
        `stop it with Ctrl-C where it was started, or: kill ${process.pid}$`,
    ),
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  first.release();
  expect(existsSync(file)).toBe(false);
  (await claimFolder(folder, say)).release();
  expect(said).toEqual([]);
});

test('of two at once one has it', async () => {
  const both = await Promise.allSettled([claimFolder(folder, say), claimFolder(folder, say)]);
  expect(both.map(one => one.status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test('it tells at any moment what runs', async () => {
  const claim = await claimFolder(folder, say);
  const self = identify(process.pid)!;
  claim.guardIs(self);
  claim.began('redis', self);
  claim.began('aws', { ...self, pid: 1 });
  claim.ended({ ...self, pid: 1 });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    supervisor: self,
    guard: self,
    parts: [{ name: 'redis', ...self }],
  });
  claim.release();
  claim.ended(self); // too late to matter
  expect(existsSync(file)).toBe(false);
});

test('what a killed run has left behind is named and ended; what is not its own is left alone', async () => {
  const [redis, scraper, other] = await Promise.all([
    startStayer(),
    startStayer("process.on('SIGTERM', () => undefined)"),
    startStayer(),
  ]);
  const left: Running = {
    supervisor: gone,
    since: new Date().toISOString(),
    guard: gone,
    parts: [
      { name: 'redis', ...redis },
      { name: 'scraper', ...scraper },
      { name: 'api', ...other, started: '1' },
      { name: 'site', ...other, program: '/bin/sh' },
      { name: 'aws', ...gone },
    ],
  };
  writeFileSync(file, JSON.stringify(left));
  const claim = await claimFolder(folder, say);
  expect(said).toEqual([
    `a run that was killed has left redis (pid ${redis.pid}) and scraper (pid ${scraper.pid}) behind; ending them`,
  ]);
  expect([redis, scraper, other].filter(isAlive)).toEqual([other]);
  claim.release();
});

test('a file that can’t be read is named, with what to do', async () => {
  writeFileSync(file, '{');
  await expect(claimFolder(folder, say)).rejects.toThrow(`${file} can't be read: if no pipeline runs`);
});
