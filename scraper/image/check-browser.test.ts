import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

// As in the image's build: the script beside the modules, and a browser that says its version.

let folder: string;
const browser = () => join(folder, 'browser');
const madeFor = '159.0.8154.6';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-check-'));
  cpSync(new URL('check-browser.ts', import.meta.url), join(folder, 'check-browser.ts'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const module = join(folder, 'node_modules/playwright-core');
  mkdirSync(module, { recursive: true });
  writeFileSync(join(module, 'package.json'), '{"name":"playwright-core"}');
  const browsers = [
    { name: 'chromium', browserVersion: '1.2.3.4' },
    { name: 'chromium-headless-shell', browserVersion: madeFor },
  ];
  writeFileSync(join(module, 'browsers.json'), JSON.stringify({ browsers }));
});
afterEach(() => rmSync(folder, { recursive: true }));

function check(script: string, ...told: string[]) {
  writeFileSync(browser(), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const file = join(folder, 'check-browser.ts');
  const { status, stderr } = spawnSync(process.execPath, [file, browser(), ...told], { encoding: 'utf8' });
  return [status, stderr.trim()];
}
const says = (version: string) => `echo "Google Chrome for Testing ${version} "`;

test('the version that Playwright is made for passes', () => {
  expect(check(says(madeFor))).toEqual([0, '']);
});

test('any other fails in one line, unless the build has named it', () => {
  const line = 'check-browser: the browser in the image is 150.0.7871.100, and';
  expect(check(says('150.0.7871.100'))).toEqual([1, `${line} Playwright is made for ${madeFor}`]);
  expect(check(says('150.0.7871.100'), '150.0.7871.100')).toEqual([0, '']);
  expect(check(says('150.0.7871.100'), madeFor)).toEqual([1, `${line} the build has named ${madeFor}`]);
});

test('one that does not run fails with its own reason', () => {
  const reason = 'error while loading shared libraries: libnss3.so';
  expect(check(`echo "${reason}" >&2; exit 127`)).toEqual([
    1,
    `check-browser: ${browser()} does not run: ${reason}`,
  ]);
  expect(check('echo nothing')).toEqual([
    1,
    `check-browser: the browser in the image is of no version, and Playwright is made for ${madeFor}`,
  ]);
});

test('the Playwright in use names the browser in the place where it is looked for', () => {
  const file = fileURLToPath(new URL('../../node_modules/playwright-core/browsers.json', import.meta.url));
  const { browsers } = JSON.parse(readFileSync(file, 'utf8')) as { browsers: Record<string, string>[] };
  const shell = browsers.find(({ name }) => name === 'chromium-headless-shell');
  expect(shell?.['browserVersion']).toMatch(/^\d+(\.\d+){3}$/);
});
