import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkNeeds } from './needs.ts';

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'huntaze-needs-'));
  for (const name of ['zip', 'tar', 'unshare', 'mount']) {
    writeFileSync(join(path, name), '');
    chmodSync(join(path, name), 0o755);
  }
});
afterEach(() => rmSync(path, { recursive: true }));

test('what is missing is named in one line with the command that brings it', () => {
  const install =
    'images are built with buildah, mmdebstrap, zip, tar, unshare, mount; ' +
    'run: apt-get install --no-install-recommends buildah mmdebstrap';
  expect(() => checkNeeds({ platform: 'linux', isRoot: true, path })).toThrow(install);
  expect(() => checkNeeds({ platform: 'linux', isRoot: false, path })).toThrow(/run: sudo apt-get/);
});

test('with all in place it must be root, and Linux', () => {
  for (const name of ['buildah', 'mmdebstrap']) {
    writeFileSync(join(path, name), '');
    chmodSync(join(path, name), 0o755);
  }
  checkNeeds({ platform: 'linux', isRoot: true, path: `/nowhere:${path}` });
  expect(() => checkNeeds({ platform: 'linux', isRoot: false, path })).toThrow('run: sudo npm run images');
  expect(() => checkNeeds({ platform: 'darwin', isRoot: false, path })).toThrow('on Linux only');
});
