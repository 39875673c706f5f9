import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isExecutable, nodePath } from './found.js';
import { reasonOf, run, SetupError } from './run.js';

/** The one Node that everything here runs on. */
export const NODE_VERSION = '24.21.0';

/** @typedef {import('./run.js').Context} Context */

/** A set-up that was killed may have left an npm behind that writes on for some seconds. */
const WHILE_OTHERS_WRITE = { maxRetries: 10, retryDelay: 200 };

const INSTALL_NODE = [
  'install',
  '--no-save',
  '--no-package-lock',
  '--prefix',
  '.toolchain',
  `node@${NODE_VERSION}`,
];

/**
 * Whether our own Node is there and runs. A half-installed one does not.
 * @param {Context} context
 */
export async function nodeIsReady(context) {
  const file = nodePath(context.root);
  if (!isExecutable(file)) return false;
  const { stdout } = await run(context, file, ['--version'], { deadlineS: 30 });
  return stdout.trim() === `v${NODE_VERSION}`;
}

/**
 * Installs our own Node under .toolchain/, from npm, where every machine that can install the project's modules
 * can get it.
 * @param {Context} context
 * @throws SetupError
 */
export async function installNode(context) {
  // npm takes a package whose install was cut short for installed: nothing of it may be left. The link goes
  // first, so that no script ever runs half a Node.
  rmSync(linkOf(context.root), { force: true });
  rmSync(path.join(context.root, '.toolchain/node_modules'), {
    recursive: true,
    force: true,
    ...WHILE_OTHERS_WRITE,
  });
  mkdirSync(path.join(context.root, '.toolchain'), { recursive: true });
  const { ok, output } = await npm(context, [...INSTALL_NODE, '--ignore-scripts=false'], context.env);
  const remedy = `run: npm ${INSTALL_NODE.join(' ')}`;
  if (!ok)
    throw new SetupError(`Node ${NODE_VERSION} could not be installed: ${reasonOf(output)}; ${remedy}`);
  if (!(await nodeIsReady(context)))
    throw new SetupError(`Node ${NODE_VERSION} was installed but does not run on this system; ${remedy}`);
}

/**
 * Whether node_modules is what the lock file and the package.json files ask for.
 * @param {string} root the project's folder
 */
export function modulesAreInStep(root) {
  const stamp = stampFileOf(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === stampOf(root);
}

/**
 * Installs the project's modules as the lock file has them. npm itself then runs on our Node: with an older one,
 * npm 9 leaves out modules made for this platform.
 * @param {Context} context
 * @throws SetupError
 */
export async function installModules(context) {
  const { root, env } = context;
  const PATH = `${path.join(root, '.toolchain/node_modules/.bin')}:${env['PATH'] ?? ''}`;
  // Tests and builds need what NODE_ENV=production or a person's own settings would leave out.
  const ci = () => npm(context, ['ci', '--include=dev', '--include=optional'], { ...env, PATH });
  let { ok, output } = await ci();
  // npm removes node_modules without such patience: what another npm wrote meanwhile makes it give up.
  for (let again = 0; !ok && again < 10 && output.includes('ENOTEMPTY'); again++) {
    await sleep(5_000, undefined, { signal: context.signal }).catch(() => context.signal.throwIfAborted());
    ({ ok, output } = await ci());
  }
  if (!ok) throw new SetupError(`the node modules could not be installed: ${reasonOf(output)}; run: npm ci`);
  // Last of all: npm ci begins by removing node_modules, so a stamp means that it came to its end.
  writeFileSync(stampFileOf(root), stampOf(root));
}

/**
 * Whether `node` in every npm script is ours.
 * @param {string} root the project's folder
 */
export function nodeIsLinked(root) {
  try {
    return readlinkSync(linkOf(root)) === linkTarget(root);
  } catch {
    return false;
  }
}

/**
 * Makes `node` in every npm script ours: npm puts node_modules/.bin before the rest of PATH.
 * @param {string} root the project's folder
 */
export function linkNode(root) {
  const link = linkOf(root);
  mkdirSync(path.dirname(link), { recursive: true });
  rmSync(`${link}.new`, { force: true });
  symlinkSync(linkTarget(root), `${link}.new`);
  renameSync(`${link}.new`, link);
}

/** @param {string} root */
const linkOf = root => path.join(root, 'node_modules/.bin/node');

/** @param {string} root */
const linkTarget = root => path.relative(path.dirname(linkOf(root)), nodePath(root));

/** @param {string} root */
const stampFileOf = root => path.join(root, 'node_modules', '.setup-stamp');

const DEPENDENCY_FIELDS = [
  'workspaces',
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'overrides',
];

/**
 * What node_modules depends on, as a hash: the lock file, what each package.json asks for (not its scripts or
 * words), and what binary modules are made for.
 * @param {string} root the project's folder
 */
function stampOf(root) {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([NODE_VERSION, process.platform, process.arch]));
  hash.update(readFileSync(path.join(root, 'package-lock.json')));
  const workspaces = /** @type {string[]} */ (manifestOf(root)['workspaces'] ?? []);
  for (const folder of ['', ...workspaces]) {
    const manifest = manifestOf(path.join(root, folder));
    hash.update(JSON.stringify([folder, ...DEPENDENCY_FIELDS.map(field => manifest[field] ?? null)]));
  }
  return hash.digest('hex');
}

/**
 * @param {string} folder
 * @returns {Record<string, unknown>}
 */
const manifestOf = folder => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));

/**
 * @param {Context} context
 * @param {string[]} args
 * @param {Record<string, string | undefined>} env
 */
function npm(context, args, env) {
  const cache = env['npm_config_cache'] ?? path.join(env['HOME'] ?? os.homedir(), '.npm');
  const ownCache = isWritable(cache) ? [] : ['--cache', path.join(context.root, '.toolchain/npm-cache')];
  return run(context, 'npm', [...args, '--loglevel=error', '--no-audit', '--no-fund', ...ownCache], {
    deadlineS: 900,
    env,
    group: true,
  });
}

/**
 * Whether files can be made in `folder`, or it can be made itself.
 * @param {string} folder
 */
function isWritable(folder) {
  let nearest = folder;
  while (!existsSync(nearest)) nearest = path.dirname(nearest);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
