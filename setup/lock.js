import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './run.js';

/** How often the holder touches its lock, in milliseconds. */
const BEAT_MS = 2_000;

/** A lock untouched for this long, in milliseconds, has lost its holder, wherever that one ran. */
const STALE_MS = 20_000;

/** How often one who waits looks again, in milliseconds. */
const LOOK_MS = 100;

/** How long after taking over a lock one looks whether it is still one's own, in milliseconds. */
const SETTLE_MS = 200;

/** How long one waits without a word, in milliseconds. */
const TELL_MS = 2_000;

/**
 * Does `work` while no other process does the same. The lock is a file that its holder touches as long as it
 * lives; one left behind by a killed process is taken over, at once if that process ran on this machine.
 * @template T
 * @param {string} file
 * @param {{ deadlineMs: number, signal: AbortSignal, onWait: (holder: string) => void }} options how long to
 *   wait for the lock at most, and whom to tell that one waits
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 * @throws SetupError when the lock can't be had in time
 */
export async function withLock(file, options, work) {
  const token = `${os.hostname()} ${process.pid} ${randomUUID()}`;
  await mkdir(path.dirname(file), { recursive: true });
  await acquire(file, token, options);
  // A beat that fails is made good by the next; that a lock can be lost is told by `release` looking at its token.
  const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (tokenIn(file) === token) await rm(file, { force: true });
  }
}

/**
 * @param {string} file
 * @param {string} token
 * @param {{ deadlineMs: number, signal: AbortSignal, onWait: (holder: string) => void }} options
 */
async function acquire(file, token, { deadlineMs, signal, onWait }) {
  const begun = Date.now();
  let told = false;
  for (;;) {
    if (await created(file, token)) return;
    const holder = tokenIn(file);
    if (holder === undefined) continue;
    if (await isAbandoned(file, holder)) {
      if (await takeOver(file, holder, token)) return;
      continue;
    }
    const pid = holder.split(' ')[1] ?? 'unknown';
    if (Date.now() > begun + deadlineMs)
      throw new SetupError(
        `another set-up (process ${pid}) has been at work for ${Math.round(deadlineMs / 1_000)} s; if it hangs, end it and run: rm "${file}"`,
      );
    if (!told && Date.now() > begun + TELL_MS) {
      onWait(pid);
      told = true;
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/**
 * @param {string} file
 * @param {string} token
 */
async function created(file, token) {
  try {
    await writeFile(file, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Who holds the lock; undefined when nobody does. Empty for the instant between its making and its writing.
 * @param {string} file
 */
function tokenIn(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * @param {string} file
 * @param {string} holder
 */
async function isAbandoned(file, holder) {
  const [host, pid] = holder.split(' ');
  if (host === os.hostname() && pid && !isAlive(Number(pid))) return true;
  const touched = await stat(file).then(
    stats => stats.mtimeMs,
    error => {
      if (codeOf(error) === 'ENOENT') return Date.now();
      throw error;
    },
  );
  return Date.now() - touched > STALE_MS;
}

/**
 * Puts one's own token in an abandoned lock's place. Of several who do so at once the last one has it, so each looks
 * again a moment later; between looking and replacing there is no pause in which another could come to work.
 * @param {string} file
 * @param {string} abandoned the token that was found abandoned
 * @param {string} token
 * @returns {Promise<boolean>} whether the lock is one's own now
 */
export async function takeOver(file, abandoned, token) {
  const own = `${file}.${randomUUID()}`;
  writeFileSync(own, token);
  if (tokenIn(file) === abandoned) renameSync(own, file);
  else rmSync(own);
  await sleep(SETTLE_MS);
  return tokenIn(file) === token;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/** @param {unknown} error */
const codeOf = error => (error instanceof Error && 'code' in error ? error.code : undefined);
