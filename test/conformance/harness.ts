/**
 * What every check here stands on: the real SDK's clients for the endpoint under test, and its time.
 *
 * Without CONFORMANCE_ENDPOINT the endpoint is local AWS in this process under a hand-held clock, so that
 * 12 hours take milliseconds. With it, it is any endpoint, AWS's own too: time really passes there, and a
 * check that needs more of it than {@link PATIENCE_MS} is skipped with the reason. What a check makes has a
 * name of its own and is removed after it.
 */
import { DeleteBucketCommand, DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { startLocalAws } from '@huntaze/local/aws/local-aws';
import { ManualClock } from '@huntaze/local/aws/manual-clock';
import { afterAll, afterEach, beforeEach, TestRunner } from 'vitest';
import { rotateSecret } from './rotation-function.ts';

/** How long one check may really wait for an endpoint without a clock, in all. */
const PATIENCE_MS = 6_500;
/** An endpoint's clock and ours don't tick together: a real wait is this much longer than asked for. */
const MARGIN_MS = 200;
/** How long a request needs, at most, to be taken up by an endpoint that doesn't tell. */
const UNDER_WAY_MS = 500;
/** There is no Lambda locally: what rotates secrets runs in this process. */
const LOCAL_ROTATION_FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:rotate';

interface Ground {
  endpoint: string;
  /** Lets time pass. */
  pass: (ms: number) => Promise<void>;
  /** Resolves once `receives` long polls wait at the endpoint. */
  untilWaiting: (receives: number) => Promise<void>;
  close: () => Promise<void>;
}

const wanted = process.env['CONFORMANCE_ENDPOINT'] ?? '';
const isLocal = wanted === '';
const ground = isLocal ? await localGround() : foreignGround(wanted);

async function localGround(): Promise<Ground> {
  const clock = new ManualClock();
  const internalErrors: unknown[] = [];
  const aws = await startLocalAws({
    clock,
    rotationFunctions: { [LOCAL_ROTATION_FUNCTION]: event => rotateSecret(target.secrets, event) },
    onInternalError: error => internalErrors.push(error),
  });
  return {
    endpoint: aws.url,
    pass: ms => clock.advance(ms),
    untilWaiting: async receives => {
      while (aws.waitingReceives() !== receives) await new Promise(resolve => setImmediate(resolve));
    },
    close: async () => {
      await aws.close();
      if (internalErrors.length > 0)
        throw new AggregateError(internalErrors, 'the server had internal errors');
    },
  };
}

function foreignGround(endpoint: string): Ground {
  const wait = (ms: number) => new Promise<void>(resolve => void setTimeout(resolve, ms));
  return {
    endpoint,
    pass: ms => {
      waitedMs += ms;
      if (waitedMs > PATIENCE_MS) skip(`needs ${inWords(waitedMs)}; this endpoint has no clock`);
      return wait(ms + MARGIN_MS);
    },
    untilWaiting: () => wait(UNDER_WAY_MS),
    close: async () => {},
  };
}

let waitedMs = 0;
beforeEach(() => {
  waitedMs = 0;
});

const config = {
  endpoint: ground.endpoint,
  region: process.env['AWS_REGION'] ?? 'us-east-1',
  // Elsewhere the SDK's own search for credentials applies if the environment names any.
  ...((isLocal || process.env['AWS_ACCESS_KEY_ID'] === undefined) &&
    process.env['AWS_PROFILE'] === undefined && {
      credentials: { accessKeyId: 'conformance', secretAccessKey: 'conformance' },
    }),
  // One answer is what is judged, not what retries make of it.
  maxAttempts: 1,
};

/** The endpoint under test. */
export const target = {
  endpoint: ground.endpoint,
  /** Whether it is local AWS in this process, under a clock that {@link advance} moves. */
  isLocal,
  region: config.region,
  sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
  s3: new S3Client({ ...config, forcePathStyle: true }),
  secrets: new SecretsManagerClient(config),
  /** The ARN of a function that does what rotation-function.ts does; undefined where nobody has deployed one. */
  rotationFunction: isLocal ? LOCAL_ROTATION_FUNCTION : process.env['CONFORMANCE_ROTATION_FUNCTION'],
};

/** Lets `ms` milliseconds pass at the endpoint, or skips the check when that would really take too long. */
export const advance = (ms: number): Promise<void> => ground.pass(ms);

/** Resolves once `receives` long polls wait at the endpoint. */
export const untilWaiting = (receives: number): Promise<void> => ground.untilWaiting(receives);

/** Ends the running check as skipped. @param reason what the report says */
export function skip(reason: string): never {
  const running = TestRunner.getCurrentTest();
  if (running === undefined) throw new Error('only a running check can be skipped');
  return running.context.skip(reason);
}

/** Skips the running check unless the endpoint is local AWS. */
export function onlyLocally(reason: string): void {
  if (!isLocal) skip(reason);
}

let named = 0;
/** A name that nothing else has, at whatever endpoint and however often the suite runs: `PREFIX-…`, at most 60 long. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${Date.now().toString(36)}-${crypto.randomUUID().slice(0, 8)}-${++named}`;
}

const leftovers: (() => Promise<unknown>)[] = [];
/** Has `remove` run after the running check, however it ends; the last one first. A local endpoint ends with its process. */
export function removeAfterwards(remove: () => Promise<unknown>): void {
  if (!isLocal) leftovers.push(remove);
}

async function removeLeftovers(): Promise<void> {
  const failures: unknown[] = [];
  for (let remove = leftovers.pop(); remove !== undefined; remove = leftovers.pop())
    await remove().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) console.warn('not everything could be removed:', failures);
}

/** Empties and deletes a bucket of at most 1,000 objects, and forgets a secret at once: for {@link removeAfterwards}. */
export async function removeBucket(Bucket: string): Promise<void> {
  const { Contents = [] } = await target.s3.send(new ListObjectsV2Command({ Bucket }));
  for (const { Key } of Contents) await target.s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await target.s3.send(new DeleteBucketCommand({ Bucket }));
}

/** Deletes a secret without a recovery window. */
export async function removeSecret(SecretId: string): Promise<void> {
  await target.secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
}

function inWords(ms: number): string {
  const units = [
    ['days', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const unit = units.find(([, length]) => ms >= length);
  return unit === undefined
    ? `${Math.round(ms / 1_000)} s`
    : `${Math.round((10 * ms) / unit[1]) / 10} ${unit[0]}`;
}

afterEach(removeLeftovers);
afterAll(async () => {
  await removeLeftovers(); // A check that was skipped half-way has no afterEach.
  for (const client of [target.sqs, target.s3, target.secrets]) client.destroy();
  await ground.close();
});
