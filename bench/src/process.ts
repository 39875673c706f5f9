import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const execute = promisify(execFile);
/** No case takes longer than this (ms). */
const CASE_MS = 120_000;

/**
 * Runs a file of this folder in a process of its own, and reads the one number that it prints.
 * @param env its environment; absent, ours
 */
export async function measureApart(
  file: string,
  args: (string | number)[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const path = new URL(file, import.meta.url).pathname;
  const { stdout } = await execute(process.execPath, [path, ...args.map(String)], { timeout: CASE_MS, env });
  const value = Number(stdout.trim().split('\n').at(-1));
  if (!Number.isFinite(value)) throw new Error(`${file} ${args.join(' ')} printed no number: ${stdout}`);
  return value;
}

/** A server in a process of its own that says `{"ready":true,"port":N}`. */
export interface Served {
  port: number;
  pid: number;
  stop: () => Promise<void>;
}

/** Starts such a server. `input` is written to its standard input. */
export async function serve(path: string, env: Record<string, string>, input = ''): Promise<Served> {
  const child: ChildProcess = spawn(process.execPath, [path], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  child.stdin?.end(input);
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    void ended.then(() => reject(new Error(`${path} has ended`)));
  });
  return {
    port: (JSON.parse(line) as { port: number }).port,
    pid: child.pid!,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
