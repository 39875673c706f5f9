import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let directory: string;
let children: ChildProcess[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'site-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { env });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  const firstLine = new Promise<void>(resolve =>
    child.stdout.on('data', chunk => {
      output.stdout += String(chunk);
      resolve();
    }),
  );
  child.stderr.on('data', chunk => (output.stderr += String(chunk)));
  const ended = new Promise<number | null>(resolve => child.on('close', code => resolve(code)));
  return { child, output, firstLine, ended };
}

function accountsFile(content: string): string {
  const path = join(directory, 'accounts.json');
  writeFileSync(path, content);
  return path;
}

const ONE_ACCOUNT = JSON.stringify([{ email: 'ada@example.com', password: 'pw', profile: { name: 'Ada' } }]);

test('says once that it is ready and where, serves, and stops on SIGTERM within a second', async () => {
  const { child, output, firstLine, ended } = run({
    PORT: '0',
    SITE_ACCOUNTS_FILE: accountsFile(ONE_ACCOUNT),
  });
  await firstLine;
  const ready = JSON.parse(output.stdout) as { ready: boolean; port: number };
  expect(ready).toEqual({ ready: true, port: expect.any(Number) as number });
  expect((await fetch(`http://127.0.0.1:${ready.port}/__site/health`)).status).toBe(200);
  const before = Date.now();
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(Date.now() - before).toBeLessThan(1_000);
  expect(output).toEqual({ stdout: `${JSON.stringify(ready)}\n`, stderr: '' });
});

test('what was answered is known after a kill, where a state file is named', async () => {
  const env = {
    SITE_ACCOUNTS_FILE: accountsFile(ONE_ACCOUNT),
    SITE_STATE_FILE: join(directory, 'events.ndjson'),
  };
  const begin = async () => {
    const { child, output, firstLine, ended } = run(env);
    await firstLine;
    const { port } = JSON.parse(output.stdout) as { port: number };
    return { child, ended, url: `http://127.0.0.1:${port}` };
  };
  const first = await begin();
  const login = await fetch(`${first.url}/login`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ email: 'ada@example.com', password: 'pw' }),
  });
  const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] as string;
  const page = await fetch(`${first.url}/my/chats/chat/fan-1`, { headers: { cookie } });
  expect(page.status).toBe(200);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await begin();
  expect((await fetch(`${second.url}/my/profile`, { headers: { cookie } })).status).toBe(200);
  const log = await (await fetch(`${second.url}/__site/log`)).text();
  expect(log.trimEnd().split('\n')).toHaveLength(2);
});

test('a port that is taken: one line that names it, exit code 1', async () => {
  const other = createServer();
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const { output, ended } = run({ PORT: String(port), SITE_ACCOUNTS_FILE: accountsFile(ONE_ACCOUNT) });
  expect(await ended).toBe(1);
  other.close();
  expect(output.stderr).toBe(`site: port ${port} is taken: set PORT to another, or to 0 for any free one\n`);
});

test.each([
  ['no accounts file', {}, 'site: environment: SITE_ACCOUNTS_FILE is missing\n'],
  [
    'a limit that is no number',
    { SITE_ACCOUNTS_FILE: '/x', SITE_LIMIT: 'ten' },
    'site: environment: SITE_LIMIT must be a whole number from 1 to 10000\n',
  ],
  ['a file that is not there', { SITE_ACCOUNTS_FILE: '/nowhere' }, 'site: accounts file /nowhere: ENOENT\n'],
])('%s: one line that names it, exit code 1', async (_, env, line) => {
  const { output, ended } = run(env);
  expect(await ended).toBe(1);
  expect(output).toEqual({ stdout: '', stderr: line });
});

test('a broken accounts file never shows a password', async () => {
  const path = accountsFile('[{"email": "ada@example.com", "password": "hunter2"');
  const { output, ended } = run({ SITE_ACCOUNTS_FILE: path });
  expect(await ended).toBe(1);
  expect(output.stderr).toBe(`site: accounts file ${path}: is not JSON\n`);
});
