/**
 * Makes the project ready to run on this machine: Node 24, the node modules, a Redis, a headless Chromium. Every
 * npm script that needs them runs this first. With everything in place it says nothing and takes a fraction of a
 * second; on a fresh clone it installs what is missing. It runs on whatever Node a machine has (18 or newer),
 * needs no module but its own, and prints to standard error only.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { foundFor, nodePath, writeFound } from './found.js';
import { withLock } from './lock.js';
import { lookAtMachine } from './machine.js';
import {
  installModules,
  installNode,
  linkNode,
  modulesAreInStep,
  NODE_VERSION,
  nodeIsLinked,
  nodeIsReady,
} from './node.js';
import { CHROMIUM, REDIS } from './plan.js';
import { progress } from './progress.js';
import { provide } from './programs.js';
import { SetupError } from './run.js';

/** @typedef {import('./run.js').Context} Context */

/** How long one set-up waits for another, in milliseconds: longer than a first one on a slow line takes. */
const LOCK_DEADLINE_MS = 30 * 60_000;

/**
 * @param {Context} context
 * @returns {Promise<boolean>} whether nothing is left to do
 */
async function isReady(context) {
  const { root, env } = context;
  return (
    modulesAreInStep(root) &&
    nodeIsLinked(root) &&
    foundFor(root, env) !== undefined &&
    (await nodeIsReady(context))
  );
}

/**
 * Does what is left to do: what npm brings on the one side, what the system brings on the other, at the same time,
 * for neither uses the line or the processor fully. A person hears of everything that is missing at once.
 * @param {Context} context
 * @throws SetupError
 */
async function makeReady(context) {
  const { root } = context;
  const machine = await lookAtMachine(context);
  const modules = provideModules(context);
  const redis = provide(context, machine, REDIS, modules);
  // Second, since apt does one thing at a time.
  const chromium = redis.catch(() => {}).then(() => provide(context, machine, CHROMIUM, modules));
  const outcomes = await Promise.allSettled([modules, redis, chromium]);

  const reasons = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const unforeseen = reasons.find(reason => !(reason instanceof SetupError));
  if (unforeseen) throw unforeseen;
  if (reasons.length > 0)
    throw new SetupError([...new Set(reasons.map(({ message }) => message))].join('\n'));
  const node = /** @type {const} */ ({ path: nodePath(root), version: NODE_VERSION, from: 'npm' });
  writeFound(root, { node, redis: await redis, chromium: await chromium });
}

/** @param {Context} context */
async function provideModules(context) {
  const { root } = context;
  if (!(await nodeIsReady(context)))
    await progress(context, `installing Node ${NODE_VERSION}`, () => installNode(context));
  if (!modulesAreInStep(root))
    await progress(context, 'installing the node modules', () => installModules(context));
  linkNode(root);
}

/** @param {string} text one or more lines */
const say = text => {
  for (const line of text.split('\n')) process.stderr.write(`huntaze: ${line}\n`);
};

/**
 * @param {Context} context
 * @returns {Promise<void>}
 */
async function main(context) {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major < 18)
    throw new SetupError(`Node 18 or newer is needed to begin with, this is ${process.version}`);
  if (process.platform === 'win32') throw new SetupError('on Windows this project runs inside WSL');
  if (await isReady(context)) return;
  const lock = path.join(context.root, '.toolchain', 'setup.lock');
  /** @param {string} holder */
  const onWait = holder => say(`another set-up (process ${holder}) is at work; waiting for it …`);
  await withLock(lock, { deadlineMs: LOCK_DEADLINE_MS, signal: context.signal, onWait }, async () => {
    if (!(await isReady(context))) await makeReady(context);
  });
}

const stopping = new AbortController();
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }))
  process.once(signal, () => {
    process.exitCode = 128 + number;
    stopping.abort(new SetupError(`stopped by ${signal}; the next start goes on from here`));
  });

try {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  await main({ root, env: process.env, signal: stopping.signal, say });
} catch (error) {
  // What the system refuses (no room, no permission) is told in one line as well; only our own faults have a trace.
  if (!(error instanceof SetupError || (error instanceof Error && 'syscall' in error))) throw error;
  say(error.message);
  process.exitCode ??= 1;
}
