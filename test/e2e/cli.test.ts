import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@huntaze/core/clock';
import { account } from '@huntaze/local/site/accounts';
import { startSite } from '@huntaze/local/site/server';
import { accountFor, keptSecret } from '@huntaze/local/supervisor/accounts';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { afterAll, describe, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'huntaze-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command to its end: how it ended, and what it said where. */
async function run(command: 'job' | 'start', args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [`local/src/cli/${command}.ts`, ...args], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, HUNTAZE_DATA_DIR: join(folder, 'data'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', chunk => (out += String(chunk)));
  child.stderr.on('data', chunk => (err += String(chunk)));
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  return { code, out, err };
}

function jobFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('a job that can’t be run', () => {
  const good = '{"kind":"profile.scrape","creator_id":"ada","params":{}}\n';

  test('names each bad line, sends nothing, and starts nothing', async () => {
    const { code, out, err } = await run('job', [
      jobFile('bad.jsonl', `${good}nonsense\n${good.replace('profile', 'x')}`),
    ]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.trim().split('\n')).toEqual([
      'bad.jsonl:2: is not JSON',
      expect.stringMatching(/^bad\.jsonl:3: kind must be one of /),
      'nothing was sent',
    ]);
  });

  test.each([
    [['/nowhere/job.jsonl'], "/nowhere/job.jsonl can't be read: it is not there"],
    [[], /^name one file of requests; usage: npm run job/],
    [['a.jsonl', '--limit', '0'], '--limit must be a whole number above 0 and up to 10000, not "0"'],
    [['a.jsonl', '--limit', '-5'], /^Option '--limit' argument is ambiguous; usage: npm run job/],
    [['a.jsonl', '--window', 'soon'], '--window must be a number above 0 and up to 86400, not "soon"'],
    [['a.jsonl', '--site', 'example'], '--site must be an address like http://127.0.0.1:4000, not "example"'],
    [
      ['a.jsonl', '--out', '/nowhere/results.jsonl'],
      "--out /nowhere/results.jsonl can't be written: it is not there",
    ],
    [['a.jsonl', '--out', '/'], "--out / can't be written: it is a folder"],
    [['a.jsonl', '--fast'], /^Unknown option '--fast'.*usage: npm run job/],
  ])('%j: one line says what is wrong', async (args, line) => {
    const { code, out, err } = await run('job', args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.trim()).not.toContain('\n');
    expect(err.trim()).toEqual(typeof line === 'string' ? line : expect.stringMatching(line));
  });
});

test('--site drives another site; --json prints one object and nothing else; --out keeps the results', async () => {
  const secret = keptSecret(join(PROJECT_ROOT, '.data'), 'installation-secret');
  const ada = accountFor('ada', secret);
  const accounts = [account(ada.email, ada.password)];
  const site = await startSite({ port: 0, limit: 10, windowMs: 6_000, accounts, clock: systemClock });
  try {
    const lines = [
      { kind: 'profile.scrape', creator_id: 'ada', params: {} },
      { kind: 'message.send', creator_id: 'ada', params: { fan_id: '42', text: `Hello ${Date.now()}` } },
    ].map(request => JSON.stringify(request));
    const results = join(folder, 'results.jsonl');
    const args = ['--site', site.url, '--window', '6', '--json', '--out', results];
    const { code, out, err } = await run('job', [jobFile('site.jsonl', lines.join('\n')), ...args]);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(JSON.parse(out)).toMatchObject({
      requested: 2,
      succeeded: 2,
      lost: 0,
      duplicated: 0,
      worst_window: 2,
    });
    const kept = readFileSync(results, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as unknown);
    expect(kept).toMatchObject([
      {
        kind: 'profile.scrape',
        state: 'succeeded',
        result: { status: 'succeeded', data: { username: 'ada' } },
      },
      { kind: 'message.send', state: 'succeeded', result: { status: 'succeeded' } },
    ]);
    expect(site.log().map(line => line.account)).toEqual([ada.email, ada.email, ada.email]);
  } finally {
    await site.close();
  }
}, 60_000);

test('a job that is stopped says how far it is, and isn’t begun anew by mistake', async () => {
  const line = '{"kind":"profile.scrape","creator_id":"ada","params":{}}';
  const file = jobFile(`stopped-${Date.now()}.jsonl`, Array(12).fill(line).join('\n'));
  const child = spawn(process.execPath, ['local/src/cli/job.ts', file], { cwd: PROJECT_ROOT });
  let said = '';
  child.stderr.on('data', chunk => {
    said += String(chunk);
    if (/ succeeded$/m.test(said)) child.kill('SIGINT');
  });
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  expect({ code, said }).toMatchObject({ code: 130 });
  expect(said.trim().split('\n').at(-1)).toMatch(
    /^stopped at \d+ of 12; the same command goes on from here$/,
  );
  const other = await run('job', [file, '--limit', '4']);
  expect(other).toMatchObject({ code: 1, out: '' });
  const [, left = ''] = /with other requests or settings, and cut off: .* rm -r (\S+)$/.exec(
    other.err.trim(),
  )!;
  rmSync(left, { recursive: true });
}, 60_000);

describe('a start that can’t be', () => {
  test('a taken port is named, with what to do', async () => {
    const taken = createServer();
    const port = await new Promise<number>(resolve =>
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port)),
    );
    const { code, err } = await run('start', [], { PORT: String(port) });
    taken.close();
    expect(code).toBe(1);
    expect(err.trim()).toMatch(new RegExp(`^port ${port} of 127.0.0.1 is taken: .*PORT=3001 npm start$`));
  });

  test('a port that is none is named', async () => {
    const { code, err } = await run('start', [], { PORT: 'http' });
    expect({ code, err: err.trim() }).toEqual({
      code: 1,
      err: 'PORT must be a whole number from 0 to 65535, for example PORT=3001 npm start',
    });
  });
});
