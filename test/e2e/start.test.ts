import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { afterEach, expect, test } from 'vitest';

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

/** Starts it as `npm start` does, on any free port, and waits for a line. */
async function startUntil(pattern: RegExp) {
  const started = spawn(process.execPath, ['local/src/cli/start.ts'], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  const ended = new Promise<number | null>(resolve => started.once('close', resolve));
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    void ended.then(code => reject(new Error(`ended with ${code}: ${lines.join('\n')}`)));
    for (const stream of [started.stdout, started.stderr])
      createInterface({ input: stream }).on('line', line => {
        lines.push(line);
        if (pattern.test(line)) resolve();
      });
  });
  return { pid: started.pid!, ended, lines, signal: (name: NodeJS.Signals) => started.kill(name) };
}

/** Every process that descends from `pid`: number and start time, so that a number given again isn't mistaken. */
function descendants(pid: number): string[] {
  const all = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      const stat = statOf(name);
      return stat ? [{ name, ...stat }] : [];
    });
  const below = (parent: string): typeof all =>
    all.flatMap(one => (one.parent === parent ? [one].concat(below(one.name)) : []));
  return below(String(pid)).map(one => `${one.name}@${one.started}`);
}

function statOf(pid: string): { parent: string; started: string } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : { parent: fields[1]!, started: fields[19]! };
  } catch {
    return undefined; // it has ended meanwhile
  }
}

const alive = (one: string) => {
  const [pid, started] = one.split('@');
  return statOf(pid!)?.started === started;
};

test.each([
  ['Ctrl-C, as a terminal and npm send it: twice', ['SIGINT', 'SIGINT']],
  ['SIGTERM', ['SIGTERM']],
] as const)('%s stops everything, browsers included', async (_, signals) => {
  const start = await startUntil(/succeeded$/);
  const family = descendants(start.pid);
  // redis, AWS, site, limiter, scraper, API, and the browser's own
  expect(family.length).toBeGreaterThan(7);
  for (const name of signals) start.signal(name);
  await start.ended;
  expect(family.filter(alive)).toEqual([]);
  expect(start.lines.at(-1)).toBe('stopping …');
});
