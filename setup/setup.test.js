/** The whole set-up, as a process of its own, on a machine made of a folder: PATH holds stand-ins and nothing else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readFound } from './found.js';

/** @type {string} */
let folder;
const root = () => path.join(folder, 'a project');
const bin = () => path.join(folder, 'bin');
const calls = () => {
  const log = path.join(folder, 'calls');
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
};
const installs = () => calls().filter(call => call.startsWith('npm ci')).length;

/**
 * Puts a stand-in on PATH; each notes how it was called.
 * @param {string} name
 * @param {string} script of the shell
 */
function standIn(name, script) {
  const file = path.join(bin(), name);
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> '${folder}/calls'\n${script}\n`);
  chmodSync(file, 0o755);
}

/** Does what npm does as far as the set-up sees it, without a network: Node first, then the modules. */
const NPM = `case "$1" in
install) mkdir -p .toolchain/node_modules/node/bin .toolchain/node_modules/.bin
  printf '#!/bin/sh\\n[ "$1" = --version ] && echo v24.21.0 || { echo "Error: no network"; exit 1; }\\n' > .toolchain/node_modules/node/bin/node
  chmod +x .toolchain/node_modules/node/bin/node ;;
ci) rm -rf node_modules; mkdir -p node_modules/.bin ;;
esac`;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'setup-'));
  mkdirSync(bin());
  mkdirSync(path.join(root(), 'part'), { recursive: true });
  cpSync(path.dirname(fileURLToPath(import.meta.url)), path.join(root(), 'setup'), { recursive: true });
  writeFileSync(path.join(root(), 'package.json'), '{"type":"module","workspaces":["part"]}');
  writeFileSync(path.join(root(), 'part/package.json'), '{"name":"part"}');
  writeFileSync(path.join(root(), 'package-lock.json'), '{}');
  for (const program of ['mkdir', 'chmod', 'rm', 'sleep', 'env', 'cp', 'true'])
    symlinkSync(
      ['/bin', '/usr/bin'].map(at => `${at}/${program}`).find(existsSync) ?? '',
      path.join(bin(), program),
    );
  standIn('npm', NPM);
  standIn('redis-server', 'echo "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"');
  standIn('chromium', 'echo "Chromium 156.0.8078.79 built on Debian"');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param {Record<string, string>} [env] */
function start(env = {}) {
  const child = spawn(process.execPath, [path.join(root(), 'setup/setup.js')], {
    cwd: folder,
    env: { PATH: bin(), HOME: folder, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', data => (stdout += data));
  child.stderr.on('data', data => (stderr += data));
  const end = once(child, 'close').then(([code]) => ({ code, stdout, stderr }));
  return { child, end };
}
/** @param {Record<string, string>} [env] */
const setUp = env => start(env).end;
const SILENT = { code: 0, stdout: '', stderr: '' };

test('a fresh clone is set up, in a path with spaces; the second run does nothing and says nothing', async () => {
  expect(await setUp()).toEqual(SILENT);
  expect(readFound(root())).toMatchObject({
    redis: { path: path.join(bin(), 'redis-server'), version: '7.0.15', from: 'path' },
    chromium: { path: path.join(bin(), 'chromium'), version: '156.0.8078.79', from: 'path' },
  });
  expect(readFileSync(path.join(root(), 'node_modules/.bin/node'), 'utf8')).toContain('v24.21.0');
  const before = calls();
  expect(await setUp()).toEqual(SILENT);
  expect(calls()).toEqual(before);
});

test('what the tests need is installed whatever a person has set', async () => {
  await setUp({ NODE_ENV: 'production', npm_config_cache: path.join(root(), 'package.json/.npm') });
  expect(calls().find(call => call.startsWith('npm ci'))).toBe(
    `npm ci --include=dev --include=optional --loglevel=error --no-audit --no-fund --cache ${root()}/.toolchain/npm-cache`,
  );
});

test('modules are installed anew when what they depend on changes, and only then', async () => {
  await setUp();
  writeFileSync(path.join(root(), 'part/package.json'), '{"name":"part","scripts":{"x":"y"}}');
  await setUp();
  expect(installs()).toBe(1);
  writeFileSync(path.join(root(), 'part/package.json'), '{"name":"part","dependencies":{"x":"1"}}');
  await setUp();
  expect(installs()).toBe(2);
  writeFileSync(path.join(root(), 'package-lock.json'), '{ }');
  await setUp();
  expect(installs()).toBe(3);
});

test('stopped half-way it ends what it started, and the next run mends it', async () => {
  standIn(
    'npm',
    NPM.replace(
      'mkdir -p node_modules/.bin',
      'mkdir -p node_modules/.bin; sleep 20; echo > node_modules/late',
    ),
  );
  const { child, end } = start();
  while (!existsSync(path.join(root(), 'node_modules'))) await new Promise(resolve => setTimeout(resolve, 5));
  child.kill('SIGINT');
  expect(await end).toEqual({
    code: 130,
    stdout: '',
    stderr: 'huntaze: stopped by SIGINT; the next start goes on from here\n',
  });
  standIn('npm', NPM);
  expect(await setUp()).toEqual(SILENT);
  expect(installs()).toBe(2);
  expect(existsSync(path.join(root(), '.toolchain/setup.lock'))).toBe(false);
});

test('a Node that does not run is replaced', async () => {
  await setUp();
  writeFileSync(path.join(root(), '.toolchain/node_modules/node/bin/node'), '');
  expect(await setUp()).toEqual(SILENT);
  expect(calls().filter(call => call.startsWith('npm install'))).toHaveLength(2);
});

test('while no Node of ours runs, none is linked', async () => {
  await setUp();
  writeFileSync(path.join(root(), '.toolchain/node_modules/node/bin/node'), '');
  standIn('npm', 'exit 1');
  expect(await setUp()).toMatchObject({ code: 1, stderr: expect.stringContaining('it printed nothing') });
  expect(readdirSync(path.join(root(), 'node_modules/.bin'))).toEqual([]);
});

test('two at once do the work once', async () => {
  expect(await Promise.all([setUp(), setUp()])).toEqual([SILENT, SILENT]);
  expect(installs()).toBe(1);
});

test('every program that is missing is told in one line, with what brings it', async () => {
  rmSync(path.join(bin(), 'redis-server'));
  rmSync(path.join(bin(), 'chromium'));
  const { code, stdout, stderr } = await setUp();
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(/^huntaze: a Redis or Valkey server, .* is missing; install one from .* run: /),
    expect.stringMatching(
      /^huntaze: a headless Chromium is missing \(Playwright's download: no network\); run: npx playwright-core install /,
    ),
  ]);
});

test('npm failing is told in one line', async () => {
  standIn('npm', 'echo "npm ERR! code E404" >&2; echo "npm ERR! no such package" >&2; exit 1');
  expect(await setUp()).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'huntaze: Node 24.21.0 could not be installed: no such package; ' +
      'run: npm install --no-save --no-package-lock --prefix .toolchain node@24.21.0\n',
  });
});

test('where apt may be used it installs Redis, after a set-up of packages that was cut short too', async () => {
  cpSync(path.join(bin(), 'redis-server'), path.join(folder, 'redis-server'));
  rmSync(path.join(bin(), 'redis-server'));
  standIn('sudo', 'shift; exec "$@"');
  standIn('dpkg', `echo > '${folder}/configured'`);
  standIn(
    'apt-get',
    `case "$*" in *update) exit 0;; esac
    [ -e '${folder}/configured' ] || { echo "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'"; exit 100; }
    [ "$DEBIAN_FRONTEND $SYSTEMD_OFFLINE" = "noninteractive 1" ] && cp '${folder}/redis-server' '${bin()}'`,
  );
  expect(await setUp()).toEqual(SILENT);
  expect(readFound(root()).redis.path).toBe(path.join(bin(), 'redis-server'));
});

test('a named program is used and no other', async () => {
  const named = path.join(folder, 'my redis');
  cpSync(path.join(bin(), 'redis-server'), named);
  expect(await setUp({ REDIS_SERVER_PATH: named })).toEqual(SILENT);
  expect(readFound(root()).redis).toEqual({ path: named, version: '7.0.15', from: 'env' });
  expect(await setUp({ REDIS_SERVER_PATH: `${named}?` })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the one REDIS_SERVER_PATH names will not do'),
  });
});
