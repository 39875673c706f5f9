import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startGuard } from './guarded.ts';
import { isAlive, type ProcessId } from './processes.ts';
import { startStayer, until } from './test-process.ts';

/** The guard by itself, at work and told what a supervisor would tell it. */
async function guardTold(lines: unknown[]) {
  const guard = spawn(process.execPath, [join(import.meta.dirname, 'guard.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  onTestFinished(() => void guard.kill('SIGKILL'));
  for (const line of lines) guard.stdin.write(`${JSON.stringify(line)}\n`);
  const gone = new Promise<number | null>(resolve => guard.once('exit', resolve));
  await new Promise(resolve => guard.stdout.once('data', resolve));
  return { guard, gone };
}

test('when its supervisor is gone the guard ends what is left, within 5 s, and only that', async () => {
  const [polite, deaf, settled, other] = await Promise.all([
    startStayer(),
    startStayer("process.on('SIGTERM', () => undefined)"),
    startStayer(),
    startStayer(),
  ]);
  const { guard, gone } = await guardTold([
    { began: polite },
    { began: deaf },
    { began: settled },
    { ended: settled.pid },
    { began: { ...other, started: '1' } },
  ]);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) guard.kill(signal);
  expect([polite, deaf].filter(isAlive)).toHaveLength(2);
  const begun = performance.now();
  guard.stdin.end();
  expect(await gone).toBe(0);
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect([polite, deaf, settled, other].filter(isAlive)).toEqual([settled, other]);
});

test('a guard that is killed is replaced by one that knows as much', async () => {
  const guards: ProcessId[] = [];
  const guard = startGuard(id => guards.push(id));
  const part = await startStayer();
  guard.began(part);
  process.kill(guards[0]!.pid, 'SIGKILL');
  await until(() => guards.length === 2, 5_000);
  expect(isAlive(part)).toBe(true);
  await guard.close(); // as when this process ends: what was not said to have ended is left behind
  await until(() => !isAlive(part), 5_000);
  await until(() => !guards.some(isAlive), 5_000);
});
