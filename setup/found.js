import { accessSync, constants, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * A program that the set-up found or installed, and where: named by a variable of the environment, on PATH,
 * downloaded by Playwright, or brought by npm.
 * @typedef {{ path: string, version: string, from: 'env' | 'path' | 'playwright' | 'npm' }} Program
 */

/**
 * The programs this project runs, as the set-up left them. `path` is absolute.
 * @typedef {{ node: Program, redis: Program, chromium: Program }} Found
 */

/**
 * The one Node that everything here runs on.
 * @param {string} root the project's folder, absolute
 */
export const nodePath = root => path.join(root, '.toolchain/node_modules/node/bin/node');

/**
 * Where the set-up records what it found: beside the tools, since it goes when they go.
 * @param {string} root the project's folder
 */
const fileOf = root => path.join(root, '.toolchain', 'found.json');

/**
 * The programs to run: Node, a Redis or Valkey server, a headless Chromium.
 * @param {string} root the project's folder
 * @returns {Found}
 * @throws Error, in one line, when the set-up has not run or what it found is gone
 */
export function readFound(root) {
  const found = recorded(root);
  if (!found || !isThere(root, found))
    throw new Error('the project is not set up on this machine; run: npm start');
  return found;
}

/**
 * What was recorded and is still there and still what the environment asks for; else undefined.
 * @param {string} root the project's folder
 * @param {Record<string, string | undefined>} env
 * @returns {Found | undefined}
 */
export function foundFor(root, env) {
  const found = recorded(root);
  const holds =
    found &&
    isThere(root, found) &&
    asNamed(found.redis, env['REDIS_SERVER_PATH']) &&
    asNamed(found.chromium, env['CHROMIUM_PATH']);
  return holds ? found : undefined;
}

/**
 * Records what was found, all at once, so that a reader never sees half a file.
 * @param {string} root the project's folder
 * @param {Found} found
 */
export function writeFound(root, found) {
  const file = fileOf(root);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(found, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/**
 * Whether a file is there that this process may execute.
 * @param {string} file
 */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * A file that can't be read or holds no record counts as none: the set-up then looks anew.
 * @param {string} root
 * @returns {Found | undefined}
 */
function recorded(root) {
  try {
    const { node, redis, chromium } = JSON.parse(readFileSync(fileOf(root), 'utf8'));
    const whole = [node, redis, chromium].every(
      program => typeof program?.path === 'string' && typeof program.version === 'string',
    );
    return whole ? { node, redis, chromium } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A record that came along with a copy of the whole folder tells of the other folder's Node.
 * @param {string} root
 * @param {Found} found
 */
const isThere = (root, found) =>
  found.node.path === nodePath(root) && Object.values(found).every(program => isExecutable(program.path));

/**
 * A program named by a variable is used while it is named, and no longer.
 * @param {Program} program
 * @param {string | undefined} named
 */
const asNamed = (program, named) =>
  named ? program.from === 'env' && program.path === path.resolve(named) : program.from !== 'env';
