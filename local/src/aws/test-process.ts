import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const running = new Set<ChildProcessWithoutNullStreams>();

/**
 * Starts the process "aws" with nothing of this one's environment but its PATH; in memory, unless it is told where
 * to keep its state, or started in a folder where it may.
 * @param limits.largestFileBytes past which writing to a file fails
 */
export function start(
  env: Record<string, string>,
  input = '',
  limits: { largestFileBytes?: number; cwd?: string } = {},
): ChildProcessWithoutNullStreams {
  // A shell's limit is in blocks of 512 bytes.
  const blocks = limits.largestFileBytes === undefined ? 'unlimited' : `${limits.largestFileBytes / 512}`;
  const child = spawn('sh', ['-c', `ulimit -f ${blocks}; exec "$@"`, 'sh', process.execPath, MAIN], {
    ...(limits.cwd !== undefined && { cwd: limits.cwd }),
    env: {
      PATH: process.env['PATH'],
      ...(limits.cwd === undefined && { STATE_FILE: ':memory:' }),
      ...env,
    },
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  child.stdin.end(input);
  return child;
}

/** What the process says when it is ready. */
export async function ready(
  child: ChildProcessWithoutNullStreams,
): Promise<{ ready: boolean; port: number }> {
  const ended = once(child, 'close').then(() => {
    throw new Error('the process has ended before it was ready');
  });
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  return JSON.parse(line.toString()) as { ready: boolean; port: number };
}

/** How a process that can't start ends. */
export async function failure(
  child: ChildProcessWithoutNullStreams,
): Promise<{ code: unknown; stderr: string }> {
  const stderr = text(child.stderr);
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr: await stderr };
}

/** Kills whatever is still running: for after a test. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

export const clientConfig = (port: number) => ({
  endpoint: `http://127.0.0.1:${port}`,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
});
