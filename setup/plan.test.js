import { describe, expect, test } from 'vitest';
import { distroOf } from './machine.js';
import { CHROMIUM, firstGood, missingLine, REDIS } from './plan.js';
import { reasonOf } from './run.js';

/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./plan.js').Candidate} Candidate */

/** @type {Record<string, Machine>} */
const MACHINES = {
  'Debian as root': { distro: ['debian'], manager: 'apt-get', admin: 'root', isRoot: true },
  'Debian with sudo': { distro: ['debian'], manager: 'apt-get', admin: 'sudo', isRoot: false },
  'Debian without': { distro: ['debian'], manager: 'apt-get', admin: null, isRoot: false },
  'Ubuntu with sudo': { distro: ['ubuntu', 'debian'], manager: 'apt-get', admin: 'sudo', isRoot: false },
  'Ubuntu without': { distro: ['ubuntu', 'debian'], manager: 'apt-get', admin: null, isRoot: false },
  'Mint with sudo': {
    distro: ['linuxmint', 'ubuntu', 'debian'],
    manager: 'apt-get',
    admin: 'sudo',
    isRoot: false,
  },
  'Fedora as root': { distro: ['fedora'], manager: 'dnf', admin: 'root', isRoot: true },
  Fedora: { distro: ['fedora'], manager: 'dnf', admin: null, isRoot: false },
  Arch: { distro: ['arch'], manager: 'pacman', admin: null, isRoot: false },
  macOS: { distro: [], manager: 'brew', admin: null, isRoot: false },
  'macOS without brew': { distro: [], manager: undefined, admin: null, isRoot: false },
};

/**
 * @param {string} name
 * @returns {Machine}
 */
const machine = name => {
  const one = MACHINES[name];
  if (!one) throw new Error(`no machine ${name}`);
  return one;
};

/**
 * @param {string} path
 * @param {string | undefined} version
 * @param {Candidate['from']} [from]
 * @returns {Candidate}
 */
const candidate = (path, version, from = 'path') => ({
  path,
  version,
  from,
  why: version ? '' : 'no libnss3.so',
});

describe('how a missing program is got', () => {
  test.each([
    ['Debian as root', ['apt'], ['apt', 'playwright']],
    ['Debian with sudo', ['apt'], ['apt', 'playwright']],
    ['Debian without', [], ['playwright']],
    ['Ubuntu with sudo', ['apt'], ['playwright']],
    ['Ubuntu without', [], ['playwright']],
    ['Mint with sudo', ['apt'], ['playwright']],
    ['Fedora as root', [], ['playwright']],
    ['macOS', [], ['playwright']],
  ])('%s: redis by %j, chromium by %j', (name, redis, chromium) => {
    expect(REDIS.ways(machine(name))).toEqual(redis);
    expect(CHROMIUM.ways(machine(name))).toEqual(chromium);
  });
});

describe('what a person is told to run', () => {
  test.each([
    ['Debian as root', 'apt-get install --no-install-recommends redis-server'],
    ['Debian without', 'sudo apt-get install --no-install-recommends redis-server'],
    ['Fedora as root', 'dnf install valkey'],
    ['Fedora', 'sudo dnf install valkey'],
    ['Arch', 'sudo pacman -S valkey'],
    ['macOS', 'brew install redis'],
  ])('redis on %s', (name, command) => {
    expect(REDIS.remedy(machine(name), [])).toBe(`run: ${command}`);
  });

  test.each([
    ['Debian as root', 'apt-get install --no-install-recommends chromium-headless-shell'],
    ['Debian without', 'sudo apt-get install --no-install-recommends chromium-headless-shell'],
    ['Ubuntu without', 'npx playwright-core install chromium-headless-shell --with-deps'],
    ['Fedora', 'sudo dnf install chromium'],
    ['Fedora as root', 'dnf install chromium'],
    ['macOS', 'npx playwright-core install chromium-headless-shell'],
    ['macOS without brew', 'npx playwright-core install chromium-headless-shell'],
  ])('chromium on %s', (name, command) => {
    expect(CHROMIUM.remedy(machine(name), [])).toBe(`run: ${command}`);
  });

  test('where the system only has a Redis too old, installing it again is not the advice', () => {
    const old = [candidate('/usr/bin/redis-server', '6.0.16')];
    expect(missingLine(REDIS, machine('Ubuntu without'), old, [])).toBe(
      'a Redis or Valkey server, version 7 or newer, is missing (/usr/bin/redis-server is 6.0.16); ' +
        'install one from https://valkey.io/download and run: REDIS_SERVER_PATH=/path/to/valkey-server npm start',
    );
  });

  test('what was tried is told, once', () => {
    const broken = candidate('/x/chrome', undefined, 'playwright');
    expect(missingLine(CHROMIUM, machine('Ubuntu without'), [broken, broken], ['download: no way'])).toBe(
      'a headless Chromium is missing (/x/chrome does not run: no libnss3.so; download: no way); ' +
        'run: npx playwright-core install chromium-headless-shell --with-deps',
    );
  });

  test('a variable that names the wrong thing is named itself', () => {
    const named = [candidate('/opt/redis', undefined, 'env')];
    expect(missingLine(REDIS, machine('Debian as root'), named, [])).toBe(
      'a Redis or Valkey server, version 7 or newer, is missing: the one REDIS_SERVER_PATH names will not do ' +
        '(/opt/redis does not run: no libnss3.so); correct it, or run: unset REDIS_SERVER_PATH',
    );
  });
});

test('the first program that runs and is new enough is taken', () => {
  const candidates = [
    candidate('/a/redis-server', undefined),
    candidate('/b/redis-server', '6.2.14'),
    candidate('/c/redis-server', '7.0.15'),
    candidate('/d/valkey-server', '8.1.0'),
  ];
  expect(firstGood(REDIS, candidates)).toEqual({ path: '/c/redis-server', version: '7.0.15', from: 'path' });
  expect(firstGood(REDIS, candidates.slice(0, 2))).toBeUndefined();
});

test.each([
  ['ID=debian\nVERSION_ID="12"\n', ['debian']],
  ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', ['linuxmint', 'ubuntu', 'debian']],
  ["ID='rocky'\nID_LIKE='rhel centos fedora'", ['rocky', 'rhel', 'centos', 'fedora']],
  ['', []],
])('the distribution of %j', (text, distro) => {
  expect(distroOf(text)).toEqual(distro);
});

test.each([
  [
    'npm 9',
    'npm ERR! code ENOTFOUND\nnpm ERR! syscall getaddrinfo\nnpm ERR! errno ENOTFOUND\nnpm ERR! network request to x failed, reason: no such host\n\nnpm ERR! A complete log of this run can be found in: /x\n',
    'network request to x failed, reason: no such host',
  ],
  [
    'npm 11',
    'npm error code EUSAGE\nnpm error\nnpm error `npm ci` can only install packages when in sync\nnpm error Missing: x from lock file\n',
    '`npm ci` can only install packages when in sync',
  ],
  ['apt', 'Reading package lists...\nE: Unable to locate package x\n', 'Unable to locate package x'],
  [
    'Playwright',
    'Downloading\nFailed to install browsers\nError: no such host\n    at f (/x/y.js:1:2)\n',
    'no such host',
  ],
  ['a program that was not there', '\nspawn npm ENOENT', 'spawn npm ENOENT'],
  ['a silent one', '', 'it printed nothing'],
])('the reason in the output of %s', (_, output, reason) => {
  expect(reasonOf(output)).toBe(reason);
});
