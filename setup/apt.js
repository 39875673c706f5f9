import { existsSync, readdirSync } from 'node:fs';
import { progress } from './progress.js';
import { reasonOf, run } from './run.js';

/** @typedef {import('./run.js').Context} Context */
/** @typedef {import('./machine.js').Machine} Machine */

/**
 * Nothing asks a question; and no service is started or restarted: neither by systemd, nor by init scripts, nor by
 * Ubuntu's needrestart. This project starts its own servers.
 */
const SETTINGS = [
  'DEBIAN_FRONTEND=noninteractive',
  'SYSTEMD_OFFLINE=1',
  'RUNLEVEL=1',
  'NEEDRESTART_SUSPEND=1',
  'LC_ALL=C',
];

/**
 * Installs a package of Debian or one made from it.
 * @param {Context} context
 * @param {Machine} machine
 * @param {string} name
 * @returns {Promise<string[]>} why it failed, if it did
 */
export function aptInstall(context, machine, name) {
  /** @param {string[]} command */
  const asRoot = command => {
    const [program = '', ...args] = [
      ...(machine.admin === 'sudo' ? ['sudo', '-n'] : []),
      'env',
      ...SETTINGS,
      ...command,
    ];
    return run(context, program, args, { deadlineS: 900 });
  };
  const install = () =>
    asRoot(['apt-get', '-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', name]);
  const update = () => asRoot(['apt-get', '-o', 'DPkg::Lock::Timeout=300', 'update']);

  return progress(context, `installing ${name}`, async () => {
    const isNew = !hasPackageLists();
    if (isNew) await update();
    let outcome = await install();
    if (outcome.output.includes('dpkg --configure -a')) {
      // An install before this one was cut short, perhaps our own.
      await asRoot(['dpkg', '--configure', '-a']);
      outcome = await install();
    }
    if (!outcome.ok && !isNew) {
      await update();
      outcome = await install();
    }
    if (!outcome.ok) return [`apt-get: ${reasonOf(outcome.output)}`];
    // Nor should a server that only this project asked for run from the next start of the machine on.
    if (name === 'redis-server' && existsSync('/run/systemd/system'))
      await asRoot(['systemctl', 'disable', 'redis-server.service']);
    return [];
  });
}

/** A fresh image has none: installing then fails for want of the package's name. */
function hasPackageLists() {
  try {
    return readdirSync('/var/lib/apt/lists').some(file => file.includes('_Packages'));
  } catch {
    return false;
  }
}
