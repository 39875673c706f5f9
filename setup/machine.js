import { closeSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { isExecutable } from './found.js';
import { run } from './run.js';

/** @typedef {import('./run.js').Context} Context */

/** Package managers that a person may be told to use, in the order in which they are looked for. */
const MANAGERS = /** @type {const} */ (['apt-get', 'dnf', 'pacman', 'zypper', 'apk', 'brew']);

/**
 * What decides how a missing program can be had. `distro` is the Linux distribution followed by those it is made
 * from. `admin` is how system packages can be installed without asking for a password; null if they can't.
 * @typedef {object} Machine
 * @property {string[]} distro
 * @property {typeof MANAGERS[number] | undefined} manager
 * @property {'root' | 'sudo' | null} admin
 * @property {boolean} isRoot
 */

/**
 * @param {Context} context
 * @returns {Promise<Machine>}
 */
export async function lookAtMachine(context) {
  const manager = MANAGERS.find(name => onPath(context.env, [name]).length > 0);
  const isRoot = process.getuid?.() === 0;
  const sudo =
    !isRoot && manager === 'apt-get' && (await run(context, 'sudo', ['-n', 'true'], { deadlineS: 10 })).ok;
  return { distro: distroOf(osRelease()), manager, isRoot, admin: isRoot ? 'root' : sudo ? 'sudo' : null };
}

function osRelease() {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

/**
 * The distribution and those it is made from, of the text of /etc/os-release.
 * @param {string} text
 */
export function distroOf(text) {
  /** @param {string} name */
  const field = name => new RegExp(`^${name}=["']?([^"'\\n]*)`, 'm').exec(text)?.[1] ?? '';
  return [field('ID'), ...field('ID_LIKE').split(/\s+/)].filter(id => id !== '');
}

/**
 * Every executable on PATH with one of these names: names in the order given, then folders in PATH's. Snaps are
 * passed over: they are confined and can't read the profile folder that a driver makes for them.
 * @param {Record<string, string | undefined>} env
 * @param {string[]} names
 */
export function onPath(env, names) {
  const folders = (env['PATH'] ?? '').split(':').filter(folder => path.isAbsolute(folder));
  const files = names.flatMap(name => folders.map(folder => path.join(folder, name)));
  const usable = files.filter(file => isExecutable(file) && !isSnap(file));
  // Often /bin is /usr/bin by another name.
  return usable.filter(
    (file, i) => usable.findIndex(other => realpathSync(other) === realpathSync(file)) === i,
  );
}

/** @param {string} file */
function isSnap(file) {
  const real = realpathSync(file);
  if (real === '/usr/bin/snap' || real.startsWith('/snap/')) return true;
  const head = beginningOf(real);
  return head.startsWith('#!') && head.includes('/snap/bin/');
}

/** @param {string} file */
function beginningOf(file) {
  const bytes = Buffer.alloc(4_096);
  const handle = openSync(file, 'r');
  try {
    return bytes.toString('latin1', 0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}

/**
 * The version that a program tells of itself, as digits and dots; undefined if it doesn't run. `why` then is the
 * last thing it said.
 * @param {Context} context
 * @param {string} file
 * @returns {Promise<{ version: string | undefined, why: string }>}
 */
export async function versionOf(context, file) {
  const { ok, stdout, output } = await run(context, file, ['--version'], { deadlineS: 30 });
  const version = ok ? /(?:^|[\sv=])(\d+(?:\.\d+)+)/.exec(stdout)?.[1] : undefined;
  return { version, why: output.trim().split('\n').at(-1) ?? '' };
}
