import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { catchPrinted } from '../test-printed.ts';
import { NotYet, RotationRefused } from './errors.ts';
import { rotationHandler } from './handler.ts';
import type { Rotation } from './rotate.ts';
import { startRotatingSecret, type RotatingSecret } from './test-secrets.ts';

let it: RotatingSecret;
/** What the function printed, a JSON object a line. */
let printed: Record<string, unknown>[];
let rotation: Rotation;
const context = { functionName: 'rotate', awsRequestId: '1' } as Context;

beforeEach(async () => {
  it = await startRotatingSecret('key', 'old');
  printed = catchPrinted();
  rotation = {
    create: () => Promise.resolve('hidden'),
    set: () => Promise.resolve(),
    test: () => Promise.resolve(),
  };
});
afterEach(async () => {
  vi.restoreAllMocks();
  await it.aws.close();
});

const handle = (event: unknown) =>
  rotationHandler(new Logger({ serviceName: 'rotate' }), it.secrets, rotation)(event, context);
const refusals = () => printed.flatMap(line => line['rotation_refused_count'] ?? []);

test('a step that is done is logged with its secret and version, and without any value', async () => {
  await handle(it.event('createSecret'));
  expect(printed).toMatchObject([
    { message: 'value made', step: 'createSecret', secret: 'key', function_request_id: '1' },
  ]);
  expect(JSON.stringify(printed)).not.toContain('hidden');
});

test('what can’t come to its end is counted, and thrown', async () => {
  rotation.test = () => Promise.reject(new RotationRefused('the password was not changed'));
  await handle(it.event('createSecret'));
  await expect(handle(it.event('testSecret'))).rejects.toThrow('the password was not changed');
  expect(refusals()).toEqual([1]);
  expect(printed.at(-1)).toMatchObject({ service: 'rotation' });
});

test('another service’s event is refused, and counted', async () => {
  await expect(handle({ source: 'aws.ecs', detail: {} })).rejects.toThrow(
    'not a rotation event: see Step, SecretId, ClientRequestToken',
  );
  expect(refusals()).toEqual([1]);
});

test.each([
  ['that an operation waits', new NotYet('an operation is waiting')],
  ['that a connection broke', new Error('socket hang up')],
])('what a later try may do is thrown, and not counted: %s', async (_, error) => {
  const failing = vi.fn<Rotation['test']>().mockRejectedValue(error);
  rotation.test = failing;
  await handle(it.event('createSecret'));
  await expect(handle(it.event('testSecret'))).rejects.toThrow(error.message);
  expect(failing).toHaveBeenCalledOnce();
  expect(refusals()).toEqual([]);
});
