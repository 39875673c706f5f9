import type { Context } from 'aws-lambda';
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { catchPrinted } from '../test-printed.ts';
import type { handler } from './handler.ts';

const OURS = 'arn:aws:lambda:us-east-1:000000000000:function:rotate-ours';
const context = { functionName: 'resume' } as Context;
const HOURLY = { source: 'aws.events', 'detail-type': 'Scheduled Event' };
let aws: TestAws;
let handle: typeof handler;
/** What the function printed, a JSON object a line. */
let printed: Record<string, unknown>[];

beforeAll(async () => {
  aws = await startTestAws({
    secrets: [{ name: 'ada', value: 'old' }],
    rotationFunctions: { [OURS]: () => Promise.reject(new Error('not yet')) },
    onRotation: () => undefined,
  });
  const env = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.aws.url,
    ROTATION_FUNCTION_ARNS: OURS,
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  handle = (await import('./handler.ts')).handler;
});
beforeEach(() => {
  printed = catchPrinted();
});
afterEach(() => void vi.restoreAllMocks());
afterAll(async () => {
  vi.unstubAllEnvs();
  await aws.close();
});

const messages = () => printed.flatMap(line => line['message'] ?? []);
const overdue = () => printed.flatMap(line => line['rotations_overdue_count'] ?? []);

test('another service’s event is refused and logged, and nothing is asked', async () => {
  await handle({ source: 'aws.ecs', 'detail-type': 'ECS Service Action' }, context);
  expect(messages()).toEqual(['event refused']);
  expect(overdue()).toEqual([]);
});

test('every hour it is told how many are overdue, also when none is', async () => {
  await handle(HOURLY, context);
  expect(messages()).toEqual(['nothing to resume']);
  expect(overdue()).toEqual([0]);
});

test('one that is unfinished is resumed and named; a day old, it is counted', async () => {
  const rules = { RotationLambdaARN: OURS, RotationRules: { AutomaticallyAfterDays: 90 } };
  await aws.secrets.send(new RotateSecretCommand({ SecretId: 'ada', ...rules }));
  // The function goes by the machine's clock, the secret was made at the beginning of the year.
  await handle(HOURLY, context);
  expect(printed.find(line => line['message'] !== undefined)).toMatchObject({
    message: 'rotations resumed',
    resumed: ['ada'],
    overdue: ['ada'],
    failed: [],
  });
  expect(overdue()).toEqual([1]);
});

test('a Secrets Manager that doesn’t answer fails the invocation', async () => {
  aws.aws.faults.set({
    seed: 1,
    rules: [{ kind: 'error', service: 'secretsmanager', action: 'ListSecrets' }],
  });
  try {
    await expect(handle(HOURLY, context)).rejects.toThrow('InternalServiceError');
  } finally {
    aws.aws.faults.clear();
  }
});
