import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { answerTo } from './answer.ts';
import { readCostArguments } from './arguments.ts';
import { documentOf } from './document.ts';
import { printed } from './print.ts';
import { differenceText, eachText, grouped, usdText } from './shown.ts';

/** A dozen templates are made, some of 500 resources, where others work, too (ms). */
const SYNTHESES_MS = 120_000;

test(
  'the document is what template and prices give today; if not: node infra/cost/write-document.ts',
  () => {
    const committed = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8');
    expect(committed === documentOf()).toBe(true);
  },
  SYNTHESES_MS,
);

/** The command as it is typed, where nothing is known and nothing can be reached. */
function run(...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-cost-home-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const nowhere = 'http://127.0.0.1:9';
  return spawnSync(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url)), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere },
    timeout: 60_000,
  });
}

test(
  'the command prints one JSON object, whose lines are its total',
  () => {
    const { status, stdout, stderr } = run('--operations-per-day', '2000', '--creators', '20', '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const said = JSON.parse(stdout) as {
      usd_per_month: number;
      usd_always: number;
      lines: { usd: number; as_of: string; usd_each: number; quantity: number }[];
      choices: { what: string; usd: number }[];
    };
    expect(said).toMatchObject({
      stage: 'prod',
      region: 'eu-west-1',
      operations_per_day: 2_000,
      creators: 20,
    });
    expect(said.lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(said.usd_per_month, 1);
    for (const { usd, usd_each, quantity } of said.lines) expect(usd).toBeCloseTo(usd_each * quantity, 2);
    expect(said.choices.length).toBeGreaterThan(10);
  },
  SYNTHESES_MS,
);

test('bad input: one line, and nothing else', () => {
  const { status, stdout, stderr } = run('--operations-per-day', '2000');
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: '--creators is missing: how many there are, e.g. --creators 20\n',
  });
});

test('what is printed: groups, sections, the total, choices, and what it doesn’t know', () => {
  const answer = answerTo(readCostArguments('--operations-per-day 2000 --creators 200'.split(' '))!);
  const lines = printed(answer);
  const text = lines.join('\n');
  for (const heading of ['ALWAYS THERE', 'BY WORK', 'A MONTH', '1,000 OPERATIONS', 'WHAT A CHOICE CHANGES'])
    expect(lines.filter(line => line.startsWith(heading))).toHaveLength(1);
  expect(text).toMatch(/\n {2}NAT gateways +1,460 +70\.08 +\d+ %/);
  expect(text).toContain(` ${usdText(answer.estimate.total)}\n1,000 OPERATIONS`);
  expect(text).toContain('by a price that was derived, not found');
  expect(text).toMatch(/The stack would have 5\d\d resources, and CloudFormation takes 500/);
});

test('groups and sections add up, and what is below a cent is told together', () => {
  const { estimate } = answerTo(
    readCostArguments('--operations-per-day 200 --creators 3 -c stage=dev'.split(' '))!,
  );
  const groups = grouped(estimate, 'eu-west-1');
  const number = (text: string) => Number(text.replaceAll(',', ''));
  const sum = (texts: string[]) => texts.reduce((all, text) => all + number(text), 0);
  expect(sum(groups.map(({ usd }) => usd))).toBeCloseTo(estimate.total, 1);
  for (const { usd, sections } of groups)
    expect(sum(sections.map(one => one.usd))).toBeCloseTo(number(usd), 1);
  const rows = groups.flatMap(({ sections }) => sections.flatMap(one => one.rows));
  expect(rows.filter(({ what }) => what.startsWith('below a cent: ')).length).toBeGreaterThan(1);
  expect(rows.filter(({ what, usd }) => usd === '0.00' && !what.startsWith('below'))).toEqual([]);
});

test.each([
  [1234.5, '1,234.50', '+1,234.50'],
  [-0.004, '-0.00', '+0.00'],
  [-38.71, '-38.71', '−38.71'],
])('%f dollars', (usd, plain, difference) => {
  expect(usdText(usd)).toBe(plain);
  expect(differenceText(usd)).toBe(difference);
});

test.each([
  [0.048, '$0.048'],
  [3, '$3'],
  [0.4e-6, '$0.4 a million'],
  [13.3334e-6, '$13.33 a million'],
])('%f each', (usd, text) => {
  expect(eachText(usd)).toBe(text);
});
