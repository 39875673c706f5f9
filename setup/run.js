import { spawn } from 'node:child_process';

/** Something the set-up needs can't be had. Its message is a line for each: what is missing, and what brings it. */
export class SetupError extends Error {
  /** @override */
  name = 'SetupError';
}

/** How much of a program's output is kept: enough for the error at its end, bounded whatever it prints. */
const KEPT_CHARACTERS = 64_000;

/**
 * How long a program asked to stop may take before it is killed, in milliseconds. What npm leaves half done the
 * next set-up does anew; what the system's package manager is at, it should finish.
 */
const STOP_MS = { group: 1_000, single: 60_000 };

/**
 * What every step of the set-up is given.
 * @typedef {object} Context
 * @property {string} root the project's folder, absolute
 * @property {Record<string, string | undefined>} env the environment that programs are started with
 * @property {AbortSignal} signal aborts when the set-up is told to stop
 * @property {(line: string) => void} say tells the person who waits
 */

/**
 * How a program ended. `output` is the end of all it printed, `stdout` that of its standard output alone.
 * @typedef {{ ok: boolean, stdout: string, output: string }} Outcome
 */

/**
 * Runs a program to its end, with no shell between and nothing to read. A program that can't be started or
 * overruns its deadline counts as failed, and `output` says so.
 * @param {Context} context
 * @param {string} program
 * @param {string[]} args
 * @param {{ deadlineS: number, env?: Record<string, string | undefined>, group?: boolean }} options deadline in
 *   seconds; `group` for a program that starts others, so that they all end when it is stopped
 * @returns {Promise<Outcome>}
 * @throws the signal's reason, once the program has ended, when the set-up is told to stop
 */
export function run(context, program, args, { deadlineS, env = context.env, group = false }) {
  const { root, signal } = context;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const child = spawn(program, args, {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: group,
    });
    let stdout = '';
    let output = '';
    let overrun = '';

    child.stdout.setEncoding('utf8').on('data', text => {
      stdout = (stdout + text).slice(-KEPT_CHARACTERS);
      output = (output + text).slice(-KEPT_CHARACTERS);
    });
    child.stderr.setEncoding('utf8').on('data', text => {
      output = (output + text).slice(-KEPT_CHARACTERS);
    });

    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let killTimer;
    /** @param {NodeJS.Signals} how */
    const kill = how => (group && child.pid ? killGroup(child.pid, how) : child.kill(how));
    const stop = () => {
      kill('SIGTERM');
      killTimer ??= setTimeout(() => kill('SIGKILL'), group ? STOP_MS.group : STOP_MS.single);
    };
    const deadline = setTimeout(() => {
      overrun = `\n${program} had not ended after ${deadlineS} s`;
      stop();
    }, deadlineS * 1_000);
    signal.addEventListener('abort', stop, { once: true });

    /** @param {Outcome} outcome */
    const end = outcome => {
      clearTimeout(deadline);
      clearTimeout(killTimer);
      signal.removeEventListener('abort', stop);
      // Those it started may outlive the one that leads them.
      if (group && killTimer) kill('SIGKILL');
      if (signal.aborted) reject(signal.reason);
      else resolve(outcome);
    };
    child.once('error', error => end({ ok: false, stdout, output: `${output}\n${error.message}` }));
    child.once('close', code => end({ ok: code === 0 && !overrun, stdout, output: output + overrun }));
  });
}

/**
 * @param {number} pid of the program that leads the group
 * @param {NodeJS.Signals} how
 */
function killGroup(pid, how) {
  try {
    process.kill(-pid, how);
  } catch (error) {
    // All of them have ended meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Lines of npm's error report that say nothing about the cause. */
const NPM_NOISE = /^(code|syscall|errno|path|file|signal|command|type)\b|complete log of this run|^\s*$/;

/**
 * The one line of a failed program's output that tells a person why: npm's, apt's or Playwright's own error,
 * else the last line it printed.
 * @param {string} output
 */
export function reasonOf(output) {
  const lines = output
    // oxlint-disable-next-line no-control-regex -- colours are made of control characters
    .replaceAll(/\u001B\[[0-9;]*m/g, '')
    .split(/[\r\n]+/)
    .map(line => line.trim())
    .filter(line => line !== '' && !/^at .*:\d+:\d+\)?$/.test(line));
  const npm = lines
    .flatMap(line => /^npm (?:ERR!|error) ?(.*)$/.exec(line)?.[1] ?? [])
    .find(line => !NPM_NOISE.test(line));
  const apt = lines.findLast(line => line.startsWith('E: '))?.slice(3);
  const other = lines.find(line => line.startsWith('Error: '))?.slice(7);
  const line = npm ?? apt ?? other ?? lines.at(-1) ?? 'it printed nothing';
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
