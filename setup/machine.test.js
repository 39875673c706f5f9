import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { onPath, versionOf } from './machine.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'machine-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/**
 * @param {string} name
 * @param {string} text
 */
function program(name, text) {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

test('PATH is searched by name, then by folder; snaps and second names for the same file are passed over', () => {
  const later = program('a/chromium', '#!/bin/sh\n# one');
  const first = program('b/chromium-headless-shell', '#!/bin/sh\n# two');
  program('c/chromium', '#!/bin/sh\nexec /snap/bin/chromium "$@"\n');
  mkdirSync(path.join(folder, 'd/chromium'), { recursive: true });
  symlinkSync(path.join(folder, 'a'), path.join(folder, 'e'));
  const PATH = ['a', 'b', 'c', 'd', 'e', 'nowhere'].map(name => path.join(folder, name)).join(':');
  expect(onPath({ PATH: `${PATH}:relative:` }, ['chromium-headless-shell', 'chromium'])).toEqual([
    first,
    later,
  ]);
  expect(onPath({}, ['chromium'])).toEqual([]);
});

test.each([
  ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d', '7.0.15'],
  ['Valkey server v=8.1.3 sha=00000000:0 malloc=libc bits=64 build=2f', '8.1.3'],
  ['Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)', '156.0.8078.79'],
  ['Google Chrome for Testing 159.0.8154.6', '159.0.8154.6'],
  ['no version here', undefined],
])('the version in %j', async (text, version) => {
  const file = program('it', `#!/bin/sh\necho '${text}'`);
  const context = { root: folder, env: {}, signal: new AbortController().signal, say: () => {} };
  expect((await versionOf(context, file)).version).toBe(version);
});

test('a program that does not run has no version and says why', async () => {
  const file = program(
    'it',
    '#!/bin/sh\necho "error while loading shared libraries: libnss3.so" >&2; exit 127',
  );
  const context = { root: folder, env: {}, signal: new AbortController().signal, say: () => {} };
  expect(await versionOf(context, file)).toEqual({
    version: undefined,
    why: 'error while loading shared libraries: libnss3.so',
  });
});
