import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Running } from '@huntaze/local/supervisor/claim';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { descendants, isAlive, type Process } from '../support/processes.ts';

let dataDir: string;
const ends: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'huntaze-start-'));
});
afterEach(async () => {
  await Promise.all(ends.splice(0).map(end => end()));
  rmSync(dataDir, { recursive: true });
});

/** Starts it as `npm start` does, on any free port, with its data in a folder of the test's. */
function start() {
  const child = spawn(process.execPath, ['local/src/cli/start.ts'], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, PORT: '0', HUNTAZE_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  const heard = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => {
      lines.push(line);
      for (const look of heard) look();
    });
  ends.push(() => {
    child.kill('SIGTERM');
    return ended;
  });
  return {
    pid: child.pid!,
    lines,
    ended,
    signal: (name: NodeJS.Signals) => child.kill(name),
    /** Waits for a line. */
    says: (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const look = () => {
          const line = lines.find(one => pattern.test(one));
          if (line === undefined) return;
          heard.delete(look);
          resolve(line);
        };
        heard.add(look);
        look();
        void ended.then(code => reject(new Error(`ended with ${code}: ${lines.join('\n')}`)));
      }),
  };
}

const running = () => JSON.parse(readFileSync(join(dataDir, 'running.json'), 'utf8')) as Running;
const part = (name: string) => running().parts.find(one => one.name === name)!;

/** How long until none of them is left (ms). */
async function goneAfter(family: Process[]): Promise<number> {
  // Guard, redis, AWS, site, limiter, scraper, API, and the browser's own.
  expect(family.length).toBeGreaterThan(8);
  const begun = performance.now();
  await expect.poll(() => family.filter(isAlive), { timeout: 10_000, interval: 20 }).toEqual([]);
  return performance.now() - begun;
}

test.each([
  ['Ctrl-C, as a terminal and npm send it: twice', ['SIGINT', 'SIGINT']],
  ['SIGTERM', ['SIGTERM']],
  ['a terminal that is closed', ['SIGHUP']],
] as const)('%s stops everything, browsers included', async (_, signals) => {
  const it = start();
  await it.says(/succeeded$/);
  const family = descendants(it.pid);
  const begun = performance.now();
  for (const name of signals) it.signal(name);
  expect(await it.ended).toBe(0);
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(family.length).toBeGreaterThan(8);
  expect(family.filter(isAlive)).toEqual([]);
  expect(it.lines.at(-1)).toBe('stopping …');
});

test('broken off while it starts, it stops at once and leaves nothing', async () => {
  const it = start();
  await it.says(/^starting /);
  await expect.poll(() => running().parts.length, { timeout: 10_000, interval: 5 }).toBeGreaterThan(0);
  const family = descendants(it.pid);
  it.signal('SIGINT');
  expect(await it.ended).toBe(0);
  expect(family.filter(isAlive)).toEqual([]);
  expect(it.lines.some(line => line.startsWith('up after'))).toBe(false);
});

test('a second start is told where the first is; a part that is killed is started again, the job goes on', async () => {
  const it = start();
  const [, url] = /^up after .*: (http\S+)$/.exec(await it.says(/^up after/))!;
  const second = start();
  expect(await second.ended).toBe(1);
  expect(second.lines).toEqual([
    expect.stringMatching(
      new RegExp(
        `^already running since \\d\\d:\\d\\d at ${url} \\(process ${it.pid}\\); stop it with .* kill ${it.pid}$`,
      ),
    ),
  ]);

  await it.says(/^10 of 12 .* succeeded$/); // so that nothing is under way
  for (const name of ['api', 'scraper', 'redis', 'aws', 'site']) {
    const before = part(name);
    process.kill(before.pid, 'SIGKILL');
    await it.says(new RegExp(`^${name} has ended \\(SIGKILL\\); started again after \\d+\\.\\d s$`));
    expect(part(name).pid).not.toBe(before.pid);
  }
  // At the same address, and Redis has forgotten nothing.
  const token = readFileSync(join(dataDir, 'token'), 'utf8').trim();
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/api/onlyfans/operations`, { headers });
  const { operations } = (await answer.json()) as { operations: { state: string }[] };
  expect(Object.groupBy(operations, one => one.state)).toMatchObject({
    succeeded: { length: 10 },
    waiting: { length: 2 },
  });

  // Stopped while something is being started again.
  const family = descendants(it.pid);
  process.kill(part('limiter').pid, 'SIGKILL');
  const begun = performance.now();
  it.signal('SIGINT');
  expect(await it.ended).toBe(0);
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(family.filter(isAlive)).toEqual([]);
}, 60_000);

describe('when the supervisor is killed', () => {
  test('everything it started is gone within 5 s, and the next start finds nothing to say', async () => {
    const it = start();
    await it.says(/succeeded$/);
    const family = descendants(it.pid);
    it.signal('SIGKILL');
    expect(await goneAfter(family)).toBeLessThan(5_000);
    const next = start();
    await next.says(/^up after/);
    expect(next.lines[0]).toMatch(/^starting /);
  });

  test('and its guard with it, the next start ends what was left behind, and goes on', async () => {
    const it = start();
    await it.says(/^up after/);
    const family = descendants(it.pid);
    const left = running();
    process.kill(left.guard!.pid, 'SIGKILL');
    it.signal('SIGKILL');
    await it.ended;
    const next = start();
    const line = await next.says(/^a run that was killed has left /);
    for (const { name, pid } of left.parts) expect(line).toContain(`${name} (pid ${pid})`);
    expect(line).toMatch(/ behind; ending them$/);
    await next.says(/^starting /);
    expect(family.filter(isAlive)).toEqual([]);
    await next.says(/^up after/);
  });
});
