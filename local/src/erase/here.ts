import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock, type Clock } from '@huntaze/core/clock';
import { QUEUES } from '@huntaze/core/names';
import type { Redis } from 'iovalkey';
import { hadAccount, keptSecret } from '../supervisor/accounts.ts';
import { runningOn } from '../supervisor/claim.ts';
import { StartError } from '../supervisor/errors.ts';
import {
  BUCKET,
  LOCAL_AWS_CREDENTIALS,
  LOCAL_AWS_REGION,
  queueUrl,
  SECRET_PREFIX,
} from '../supervisor/parts.ts';
import { connectRedis } from '../supervisor/redis.ts';
import { startStores } from '../supervisor/stores.ts';
import { runFolders, type RunFolder } from '../job/ledger.ts';
import { NotErased, type Place } from './place.ts';

/** An installation on this machine, open for an erasure. */
export interface OpenHere {
  place: Place;
  /** Whether its pipeline runs, and takes the messages of its queues. */
  isRunning: boolean;
  close(): Promise<void>;
}

/** How long Redis may take to write its file anew (ms), and how often it is asked. */
const COMPACT_MS = 30_000;
const LOOK_MS = 50;

/** Whether there is an installation in a folder. */
export function isInstallation(dataDir: string): boolean {
  return existsSync(join(dataDir, 'aws.sqlite'));
}

/** The jobs that had to do with a creator, and of which more is left than that they were done. */
export function jobsOf(jobsDir: string, creatorId: string): RunFolder[] {
  return runFolders(jobsDir).filter(({ folder }) => hadAccount(join(folder, 'accounts.json'), creatorId));
}

/**
 * Opens the installation in a folder of data: beside its pipeline, if that runs, and otherwise with its stores alone.
 * @throws StartError with one line; the signal's reason
 */
export async function openHere(
  dataDir: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<OpenHere> {
  const running = runningOn(dataDir);
  if (running && !running.ports)
    throw new StartError('the pipeline is being started or stopped: give the same command again in a moment');
  const stores = running ? undefined : await startStores(dataDir, say, signal);
  const ports = stores?.ports ?? running!.ports!;
  const config = {
    endpoint: `http://127.0.0.1:${ports.aws}`,
    region: LOCAL_AWS_REGION,
    credentials: LOCAL_AWS_CREDENTIALS,
  };
  const [sqs, secrets] = [new SQSClient(config), new SecretsManagerClient(config)];
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const redis = connectRedis(ports.redis, keptSecret(dataDir, 'redis-password'));
  const deadLetters: string[] = [QUEUES.rateLimiterDeadLetters, QUEUES.workflowsDeadLetters];
  const names = running ? deadLetters : Object.values(QUEUES);
  return {
    isRunning: running !== undefined,
    place: {
      s3,
      sqs,
      secrets,
      redis,
      bucket: BUCKET,
      secretPrefix: SECRET_PREFIX,
      queues: names.map(name => ({
        name,
        url: queueUrl({ ports }, name),
        isDead: deadLetters.some(dead => dead === name),
      })),
      receiveWaitSeconds: 0,
      clock: systemClock,
      compact: () => compact(redis, systemClock, signal),
    },
    async close() {
      redis.disconnect();
      for (const client of [s3, sqs, secrets]) client.destroy();
      await stores?.stop();
    },
  };
}

/** Its file is a log of all that was ever said to it, until it is written anew. */
async function compact(redis: Redis, clock: Clock, signal: AbortSignal): Promise<void> {
  const endsAt = clock.now() + COMPACT_MS;
  await redis.bgrewriteaof();
  while (/aof_rewrite_(in_progress|scheduled):1/.test(await redis.info('persistence'))) {
    if (clock.now() > endsAt)
      throw new NotErased(
        `Redis has not written its file anew within ${COMPACT_MS / 1_000} s: give the same command again`,
      );
    await clock.sleep(LOOK_MS, signal);
  }
}
