import { expect, test } from 'vitest';
import { BadFaultPlan, readFaultPlan } from './plan.ts';

const problem = (rule: object) => {
  try {
    readFaultPlan({ rules: [rule] });
  } catch (error) {
    if (error instanceof BadFaultPlan) return error.message;
    throw error;
  }
  return undefined;
};

test('a plan gets its defaults', () => {
  expect(readFaultPlan({ rules: [{ kind: 'error' }, { kind: 'timeout', queue: 'q' }] })).toEqual({
    seed: 0,
    rules: [
      { kind: 'error', status: 500 },
      { kind: 'timeout', queue: 'q', takesEffect: false, ms: 60_000 },
    ],
  });
});

test.each([
  [{ kind: 'chaos' }, /^rules\.0\.kind must be one of error, throttle, timeout,/],
  [{ kind: 'error', probability: 2 }, /^rules\.0\.probability must be at most 1$/],
  [{ kind: 'error', status: 404 }, /^rules\.0\.status must be 500 or 503$/],
  [{ kind: 'error', qeue: 'q' }, /^rules\.0\.qeue is not a known field$/],
  [{ kind: 'error', calls: [] }, /^rules\.0\.calls must be at least 1$/],
  [{ kind: 'error', calls: [0] }, /^rules\.0\.calls\.0 must be at least 1$/],
  [{ kind: 'error', times: 0 }, /^rules\.0\.times must be at least 1$/],
  [
    { kind: 'error', action: 'SendMesage' },
    /^rules\.0\.action must be an action of sqs, s3, secretsmanager or cloudwatch: SendMesage is none$/,
  ],
  [
    { kind: 'error', action: 'SendMessage', service: 's3' },
    /^rules\.0\.action must be an action of s3: SendMessage is none$/,
  ],
  [
    { kind: 'error', action: 'GetObject', queue: 'q' },
    /^rules\.0\.action must be an action of sqs: GetObject is none$/,
  ],
  [{ kind: 'error', action: 'send' }, /^rules\.0\.action must be an action's name, like SendMessage$/],
  [{ kind: 'slow' }, /^rules\.0\.ms is missing$/],
  [{ kind: 'error', probability: 0.5, calls: [1] }, /^rules\.0: probability and calls exclude each other$/],
  [
    { kind: 'partial', entryProbability: 1, action: 'SendMessage' },
    /^rules\.0\.action must be SendMessageBatch or DeleteMessageBatch or .* for the kind partial$/,
  ],
  [{ kind: 'empty-receive', service: 's3' }, /^rules\.0\.service must be sqs for the kind empty-receive$/],
  [{ kind: 'error', service: 's3', queue: 'q' }, /^rules\.0\.service must be sqs for a queue$/],
  [{ kind: 'duplicate', queue: 'q.fifo' }, /^rules\.0\.queue must be a standard queue: a FIFO queue never/],
])('%j is refused in one line', (rule, words) => {
  expect(problem(rule)).toMatch(words);
  expect(problem(rule)).not.toContain('\n');
});

test('what is no plan at all is refused', () => {
  for (const value of [
    undefined,
    null,
    7,
    'x',
    [],
    {},
    { rules: {} },
    { rules: [null] },
    { seed: {}, rules: [] },
  ])
    expect(() => readFaultPlan(value)).toThrow(BadFaultPlan);
});
