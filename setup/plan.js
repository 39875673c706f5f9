/**
 * The two programs that npm does not bring: what is asked of them, how they can be had, and what to tell a person
 * when they can't. Decided from facts alone: what was found, and what kind of machine it is.
 */

/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./found.js').Program} Program */

/**
 * A program that was looked at. Without a version it does not run, and `why` is what it said.
 * @typedef {{ path: string, from: Program['from'], version: string | undefined, why: string }} Candidate
 */

/** @typedef {'apt' | 'playwright'} Way how a program can be had without a person's help */

/**
 * @typedef {object} Requirement
 * @property {string} what in words, for a person
 * @property {string} variable of the environment that names one to use and no other
 * @property {number} minimum the least major version that will do
 * @property {string[]} names under which one is on PATH, best first
 * @property {string[]} places where one may lie outside PATH
 * @property {string} aptPackage
 * @property {(machine: Machine) => Way[]} ways to get one, in the order in which to try them
 * @property {(machine: Machine, candidates: Candidate[]) => string} remedy what a person can do, with the command
 */

/** @type {Requirement} */
export const REDIS = {
  what: 'a Redis or Valkey server, version 7 or newer,',
  variable: 'REDIS_SERVER_PATH',
  // INFO inside a Lua script, which tells a fail-over, works from 7.0 on. Valkey began at 7.2.
  minimum: 7,
  names: ['redis-server', 'valkey-server'],
  places: [],
  aptPackage: 'redis-server',
  ways: machine => (machine.manager === 'apt-get' && machine.admin ? ['apt'] : []),
  remedy({ manager, isRoot }, candidates) {
    // The system's own package is in place and too old: installing it again brings nothing.
    const outdated = candidates.some(({ path }) => path.startsWith('/usr/bin/'));
    if (!manager || outdated)
      return 'install one from https://valkey.io/download and run: REDIS_SERVER_PATH=/path/to/valkey-server npm start';
    const command = {
      'apt-get': 'apt-get install --no-install-recommends redis-server',
      dnf: 'dnf install valkey',
      pacman: 'pacman -S valkey',
      zypper: 'zypper install valkey',
      apk: 'apk add valkey',
      brew: 'brew install redis',
    }[manager];
    return `run: ${asRoot(manager, isRoot)}${command}`;
  },
};

/** @type {Requirement} */
export const CHROMIUM = {
  what: 'a headless Chromium',
  variable: 'CHROMIUM_PATH',
  minimum: 0,
  // The one without a window first: it starts three times as fast.
  names: ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
  places: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  aptPackage: 'chromium-headless-shell',
  ways: machine => (hasChromiumPackage(machine) && machine.admin ? ['apt', 'playwright'] : ['playwright']),
  remedy(machine) {
    const { manager, isRoot } = machine;
    if (hasChromiumPackage(machine))
      return `run: ${asRoot('apt-get', isRoot)}apt-get install --no-install-recommends chromium-headless-shell`;
    const playwright = 'npx playwright-core install chromium-headless-shell';
    const command = {
      'apt-get': `${playwright} --with-deps`, // asks for the password by itself
      dnf: 'dnf install chromium',
      pacman: 'pacman -S chromium',
      zypper: 'zypper install chromium',
      apk: 'apk add chromium',
      brew: playwright,
      none: playwright,
    }[manager ?? 'none'];
    return `run: ${command === playwright || manager === 'apt-get' ? '' : asRoot(manager, isRoot)}${command}`;
  },
};

/**
 * The first candidate that runs and is new enough.
 * @param {Requirement} requirement
 * @param {Candidate[]} candidates best first
 * @returns {Program | undefined}
 */
export function firstGood({ minimum }, candidates) {
  for (const { path, from, version } of candidates)
    if (version !== undefined && Number.parseInt(version, 10) >= minimum) return { path, version, from };
  return undefined;
}

/**
 * One line for a person: what is missing, why, and what brings it.
 * @param {Requirement} requirement
 * @param {Machine} machine
 * @param {Candidate[]} candidates none of which will do
 * @param {string[]} failures of the ways that were tried
 */
export function missingLine({ what, variable, remedy }, machine, candidates, failures) {
  const named = candidates.find(({ from }) => from === 'env');
  // After an attempt the same program may have been looked at again.
  const why = [...new Set([...candidates.map(shortcoming), ...failures])];
  const because = why.length > 0 ? ` (${why.join('; ')})` : '';
  return named
    ? `${what} is missing: the one ${variable} names will not do${because}; correct it, or run: unset ${variable}`
    : `${what} is missing${because}; ${remedy(machine, candidates)}`;
}

/** @param {Candidate} candidate */
const shortcoming = ({ path, version, why }) =>
  version === undefined ? `${path} does not run: ${why}` : `${path} is ${version}`;

/**
 * Debian has a package of a Chromium without a window; Ubuntu's Chromium is a snap.
 * @param {Machine} machine
 */
const hasChromiumPackage = ({ distro, manager }) =>
  manager === 'apt-get' && distro.includes('debian') && !distro.includes('ubuntu');

/**
 * @param {Machine['manager']} manager
 * @param {boolean} isRoot
 */
const asRoot = (manager, isRoot) => (isRoot || manager === 'brew' ? '' : 'sudo ');
