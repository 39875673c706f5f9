import { StartError } from '@huntaze/local/supervisor/errors';
import { describe, expect, test } from 'vitest';
import { answerTo, mostPerDay } from './answer.ts';
import { readCostArguments, usage } from './arguments.ts';
import { at, changed, resourcesOf } from './template.ts';
import { stored } from './test-templates.ts';

const ASKED = '--operations-per-day 2000 --creators 2';
const read = (line: string) => readCostArguments(line.split(' ').filter(Boolean));

test('what is asked for, and what isn’t said', () => {
  expect(read(ASKED)).toEqual({
    json: false,
    context: { creators: 'creator-1,creator-2' },
    question: {
      region: 'eu-west-1',
      operationsPerDay: 2_000,
      creators: 2,
      pageMegabytes: 1,
      hasOtherTrail: false,
      tasks: { scraper: undefined, spotShare: 1 },
    },
  });
});

test('everything said', () => {
  const line = `${ASKED} -c stage=dev -c siteOrigin=https://a.example --region us-east-1 --tasks 2.5 --spot-share 0 --page-megabytes 0 --second-trail --json`;
  expect(read(line)).toMatchObject({
    json: true,
    context: { stage: 'dev', siteOrigin: 'https://a.example' },
    question: {
      region: 'us-east-1',
      pageMegabytes: 0,
      hasOtherTrail: true,
      tasks: { scraper: 2.5, spotShare: 0 },
    },
  });
});

test('creators that are named are counted; none is none', () => {
  expect(read('--operations-per-day 1 -c creators=ada,bea -c existingCreators=cleo')).toMatchObject({
    context: { creators: 'ada,bea', existingCreators: 'cleo' },
    question: { creators: 3 },
  });
  expect(read('--operations-per-day 0 --creators 0')).toMatchObject({
    context: {},
    question: { creators: 0 },
  });
});

test('every option is in the help, which is asked for by itself', () => {
  expect(read('--help')).toBeUndefined();
  for (const option of [
    'operations-per-day',
    'creators',
    'tasks',
    'spot-share',
    'page-megabytes',
    'region',
    'second-trail',
    'json',
  ])
    expect(usage()).toContain(`--${option}`);
});

test.each([
  ['', '--operations-per-day is missing: how many are asked for, e.g. --operations-per-day 2000'],
  ['--operations-per-day 9', '--creators is missing: how many there are, e.g. --creators 20'],
  ['--operations-per-day x --creators 1', '--operations-per-day must be a number from 0 to 1000000, not "x"'],
  ['--operations-per-day 9 --creators 1.5', '--creators must be a whole number from 0 to 1000, not "1.5"'],
  [`${ASKED} --tasks 0`, '--tasks must be a number above 0 and up to 10, not "0"'],
  [`${ASKED} --tasks 11`, '--tasks must be a number above 0 and up to 10, not "11"'],
  [`${ASKED} --spot-share 2`, '--spot-share must be a number from 0 to 1, not "2"'],
  [
    `${ASKED} --region eu-north-1`,
    '--region must be eu-west-1 or us-east-1 (others have no prices here), not "eu-north-1"',
  ],
  [`${ASKED} -c stage`, '-c must be NAME=VALUE, e.g. -c stage=dev, not "stage"'],
  [`${ASKED} -c =dev`, '-c must be NAME=VALUE, e.g. -c stage=dev, not "=dev"'],
  [
    '--operations-per-day 9 --creators 3 -c creators=ada',
    '--creators says 3, but -c names 1: leave one of the two out',
  ],
  [`${ASKED} --speed 3`, "Unknown option '--speed'"],
  [`${ASKED} more`, "Unexpected argument 'more'"],
])('%s: one line that says what is wrong', (line, what) => {
  expect(() => read(line)).toThrow(StartError);
  expect(() => read(line)).toThrow(what);
});

describe('what shows only in the template', () => {
  test.each([
    [`${ASKED} -c stage=staging`, 'context: stage must be dev (small and cheap) or prod, e.g. -c stage=dev'],
    [`${ASKED} -c api=service`, 'context: certificateArn is missing (api is service)'],
    [`${ASKED} -c stages=dev`, 'context: stages is not known'],
    [
      '--operations-per-day 14401 --creators 2',
      '--operations-per-day must be 14400 at most: the site takes 10 in 60 s, and what is more would wait for ever, not cost more',
    ],
  ])('%s', (line, what) => {
    expect(() => answerTo(read(line)!)).toThrow(StartError);
    expect(() => answerTo(read(line)!)).toThrow(what);
  });
});

test('the site’s limit is for all, or for each', () => {
  const prod = stored('prod.json');
  const [id, limiter] = resourcesOf(prod, 'AWS::Lambda::Function').find(
    ([, one]) => at(one, 'FunctionName') === 'huntaze-rate-limiter',
  )!;
  const told = (more: object) =>
    changed(prod, id, {
      Environment: { Variables: { ...(at(limiter, 'Environment', 'Variables') as object), ...more } },
    });
  expect(mostPerDay(prod, 20)).toBe(14_400);
  expect(mostPerDay(told({ TOKENS_PER_WINDOW: '5', WINDOW_SECONDS: '120' }), 20)).toBe(3_600);
  expect(mostPerDay(told({ RATE_LIMIT_SCOPE: 'creator' }), 20)).toBe(288_000);
});
