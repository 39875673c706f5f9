import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { NOTHING_WRONG } from '../support/summary.ts';
import { descendants, kill9, type Process } from '../support/processes.ts';

/**
 * The job that is killed: 40 requests of 5 creators, mixed over the kinds, under a short window. Each run is a job
 * of its own (its texts differ), so that none goes on where another was cut off.
 */
function jobFile(name: string): string {
  const creators = ['ada', 'bea', 'cleo', 'dana', 'edie'];
  const lines = Array.from({ length: 40 }, (_, i) => {
    const creator_id = creators[i % creators.length];
    const kinds = [
      { kind: 'profile.scrape', params: {} },
      { kind: 'fans.scrape', params: { status: 'active', max: 60 } },
      { kind: 'message.send', params: { fan_id: FAN, text: `${name}: thank you, ${i}` } },
    ];
    return JSON.stringify({ creator_id, ...kinds[i % kinds.length] });
  });
  const file = join(folder, `${name}.jsonl`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** A fan that every account of the local site has. */
const FAN = 'fan-1';

const folder = mkdtempSync(join(tmpdir(), 'huntaze-killed-'));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** `npm run job -- FILE --limit 10 --window 6 --json`, and what it says. */
function startJob(file: string) {
  const args = ['local/src/cli/job.ts', file, '--limit', '10', '--window', '6', '--json'];
  const child = spawn(process.execPath, args, { cwd: PROJECT_ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const lines: string[] = [];
  let out = '';
  child.stdout.on('data', chunk => (out += String(chunk)));
  const reader = createInterface({ input: child.stderr });
  reader.on('line', line => lines.push(line));
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  /** Resolves when so many operations have been said to have succeeded. */
  const succeeded = (count: number) =>
    new Promise<void>((resolve, reject) => {
      let seen = 0;
      reader.on('line', line => {
        if (line.endsWith(' succeeded') && ++seen === count) resolve();
      });
      void ended.then(code => reject(new Error(`the job ended with ${code}:\n${lines.join('\n')}`)));
    });
  return { pid: child.pid!, ended, lines, succeeded, summary: () => JSON.parse(out) as unknown };
}

type Job = ReturnType<typeof startJob>;

const part = (job: Job, command: RegExp): Process => {
  const found = descendants(job.pid).find(one => command.test(one.command));
  if (!found) throw new Error(`no process like ${command}`);
  return found;
};

async function expectWhole(job: Job): Promise<void> {
  expect({ code: await job.ended, said: job.lines }).toMatchObject({ code: 0 });
  expect(job.summary()).toMatchObject({
    requested: 40,
    succeeded: 40,
    ...NOTHING_WRONG,
  });
  expect((job.summary() as { worst_window: number }).worst_window).toBeLessThanOrEqual(10);
}

describe('kill -9 in the middle of a job; in the end it is as if nothing had happened', () => {
  test('of everything, and the job started again', async () => {
    const file = jobFile('everything');
    const first = startJob(file);
    await first.succeeded(13);
    const family = descendants(first.pid);
    kill9({ pid: first.pid, started: '', command: '' });
    for (const one of family) kill9(one);
    await first.ended;
    const second = startJob(file);
    await expectWhole(second);
    expect(second.lines.some(line => line.startsWith('this job was cut off; going on where it was'))).toBe(
      true,
    );
  }, 150_000);

  test('of the limiter', async () => {
    const job = startJob(jobFile('limiter'));
    await job.succeeded(7);
    kill9(part(job, /event-source\/main\.ts/));
    await expectWhole(job);
  }, 150_000);

  test('of the scraper, while it is at an operation', async () => {
    const job = startJob(jobFile('scraper'));
    await job.succeeded(11); // with a burst of ten a window, others are under way at this moment
    kill9(part(job, /scraper\/src\/main\.ts/));
    await expectWhole(job);
  }, 150_000);
});
