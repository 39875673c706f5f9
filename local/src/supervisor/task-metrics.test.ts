import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { platform } from 'node:os';
import { expect, test } from 'vitest';
import { datapointsIn } from '../aws/cloudwatch/emf.ts';
import { processorTime, readStat, timeOf } from './processor-time.ts';
import { taskMetrics } from './task-metrics.ts';

const NOW = Date.UTC(2026, 11, 1);

test.each([
  ['half of it', { at: 0, pid: 7, usedMs: 100 }, { at: 10_000, pid: 7, usedMs: 5_100 }, 50],
  ['more than there is', { at: 0, pid: 7, usedMs: 0 }, { at: 10_000, pid: 7, usedMs: 15_000 }, 150],
  ['a browser that was left behind', { at: 0, pid: 7, usedMs: 900 }, { at: 10_000, pid: 7, usedMs: 100 }, 0],
  ['another process', { at: 0, pid: 7, usedMs: 100 }, { at: 10_000, pid: 8, usedMs: 5_100 }, undefined],
  ['nobody knows', { at: 0, pid: 7, usedMs: undefined }, { at: 10_000, pid: 7, usedMs: 100 }, undefined],
  ['no time has passed', { at: 5, pid: 7, usedMs: 1 }, { at: 5, pid: 7, usedMs: 1 }, undefined],
])('of its processor a task uses %s', (_, before, then, share) => {
  const told = taskMetrics();
  told(before, NOW);
  const points = told(then, NOW).flatMap(datapointsIn);
  expect(points.find(({ name }) => name === 'CPUUtilization')?.value).toBe(share);
  expect(points.find(({ name }) => name === 'RunningTaskCount')?.value).toBe(1);
});

test('where none runs, none is told', () => {
  const told = taskMetrics();
  expect(told({ at: 0, pid: undefined, usedMs: undefined }, NOW).flatMap(datapointsIn)).toEqual([
    {
      namespace: 'ECS/ContainerInsights',
      name: 'RunningTaskCount',
      dimensions: { ClusterName: 'local', ServiceName: 'scraper' },
      value: 0,
      at: NOW,
    },
  ]);
});

test('a process’s time is its own, that of its children, and that of those that have ended', () => {
  const all = [
    { pid: 1, parent: 0, usedMs: 1_000 },
    { pid: 10, parent: 1, usedMs: 100 },
    { pid: 11, parent: 10, usedMs: 20 },
    { pid: 12, parent: 11, usedMs: 3 },
    { pid: 13, parent: 1, usedMs: 5_000 },
  ];
  expect(timeOf(10, all)).toBe(123);
  expect(timeOf(99, all)).toBeUndefined();
  const stat = '42 (a (b) c) S 10 42 42 0 -1 4194304 1 2 3 4 50 6 700 8 20 0 1 0 100 0 0';
  expect(readStat(42, stat)).toEqual({ pid: 42, parent: 10, usedMs: 7_640 });
});

test.skipIf(platform() !== 'linux')(
  'this system’s ticks are hundredths, and a real process has a time',
  async () => {
    expect(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).trim()).toBe('100');
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
    try {
      await once(child, 'spawn');
      expect(processorTime(child.pid!)).toBeGreaterThanOrEqual(0);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(processorTime(child.pid!)).toBeUndefined();
  },
);
