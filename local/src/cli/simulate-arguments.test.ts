import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StartError } from '../supervisor/errors.ts';
import { readSimulateArguments, usage } from './simulate-arguments.ts';

const read = (line: string) => readSimulateArguments(line.split(' ').filter(Boolean));

function fileOf(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-faults-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'plan.json'), content);
  return join(folder, 'plan.json');
}

test('without options: the workload of 490 operations, one of 20 creators much the busiest', () => {
  expect(read('')).toEqual({
    json: false,
    seeds: 1,
    judgesMedians: true,
    scenario: {
      seed: 1,
      operations: 490,
      creators: 20,
      overMs: 1_200_000,
      busiest: 0.6122,
      limit: { scope: 'platform', limit: 10, windowMs: 60_000 },
      tasks: 1,
      concurrency: 4,
      pollers: 2,
      secondsPerPage: 1,
      siteFailures: 0,
      limiterDeaths: 0,
      pattern: undefined,
      expiring: 0,
      redisFailures: 0,
      taskDeaths: 0,
      tasksAfterMs: 0,
      operatorActions: 0,
      faults: undefined,
    },
  });
});

test('the medians have bounds in the noisy scenario as it is, and nowhere else', () => {
  expect(read('--scenario noisy --seed 3 --seeds 200 --json')?.judgesMedians).toBe(true);
  for (const other of ['--scenario burst', '--limiter-deaths 0.05', '--page-seconds 3', '--scope creator'])
    expect(read(other)?.judgesMedians).toBe(false);
});

test('a scenario sets what isn’t given', () => {
  const day = { operations: 14_400, creators: 20, overMs: 86_400_000, busiest: 0 };
  expect(read('--scenario day')?.scenario).toMatchObject(day);
  expect(read('--scenario day --creators 3 --seeds 7')).toMatchObject({
    seeds: 7,
    scenario: { ...day, creators: 3 },
  });
  expect(read('--scenario noisy')).toEqual(read(''));
  expect(read('--scenario edge')?.scenario).toMatchObject({ pattern: 'edge', operations: 300, creators: 10 });
  expect(read('--redis-failures 3 --task-deaths 2 --tasks-after 5 --operators 9')?.scenario).toMatchObject({
    redisFailures: 3,
    taskDeaths: 2,
    tasksAfterMs: 300_000,
    operatorActions: 9,
  });
});

test('every option is in the help, which is asked for by itself', () => {
  expect(read('--help')).toBeUndefined();
  for (const option of ['operations', 'limiter-deaths', 'scenario', 'scope', 'faults', 'json'])
    expect(usage()).toContain(`--${option} `);
});

test.each([
  ['--operations 0', '--operations must be a whole number above 0 and up to 1000000, not "0"'],
  ['--operations 1.5', '--operations must be a whole number above 0'],
  ['--busiest 1.1', '--busiest must be a number from 0 to 1, not "1.1"'],
  ['--limit x', '--limit must be a whole number above 0 and up to 10000, not "x"'],
  ['--seed -1', 'argument is ambiguous'],
  ['--pollers 1', '--pollers must be at least 2, as on AWS'],
  ['--scenario calm', '--scenario must be noisy, burst, day, edge, silence, not "calm"'],
  ['--scenario toString', '--scenario must be noisy, burst, day'],
  ['--scope site', '--scope must be platform or creator, not "site"'],
  ['--speed 3', "Unknown option '--speed'"],
  ['more', "Unexpected argument 'more'"],
  ['--faults /nowhere/plan.json', "--faults /nowhere/plan.json can't be read: it is not there"],
])('%s: one line that says what is wrong', (line, what) => {
  expect(() => read(line)).toThrow(StartError);
  expect(() => read(line)).toThrow(what);
});

test('a plan of faults is read from its file, or refused by its fault', () => {
  const plan = fileOf('{"seed":1,"rules":[{"kind":"throttle","probability":0.1}]}');
  expect(read(`--faults ${plan}`)?.scenario.faults).toMatchObject({ rules: [{ kind: 'throttle' }] });
  expect(() => read(`--faults ${fileOf('{')}`)).toThrow('is not JSON');
  const misspelt = fileOf('{"seed":1,"rules":[{"kind":"error","queue":"huntaze-rate-limitr-queue"}]}');
  expect(() => read(`--faults ${misspelt}`)).toThrow(
    /rules\.0\.queue: there is no huntaze-rate-limitr-queue, but /,
  );
  const elsewhere = fileOf('{"seed":1,"rules":[{"kind":"error","service":"s3"}]}');
  expect(() => read(`--faults ${elsewhere}`)).toThrow('rules.0.service: a simulation has queues only');
  expect(() => read(`--faults ${fileOf('{"seed":1,"rules":[{"kind":"flood"}]}')}`)).toThrow(/plan\.json: /);
});
