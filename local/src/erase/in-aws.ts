import { S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '@huntaze/core/clock';
import { redisOptions } from '@huntaze/core/redis';
import { renewingRedis } from '@huntaze/core/renewing-redis';
import { Redis } from 'iovalkey';
import type { EraseEnv } from './env.ts';
import { NotErased, type Place } from './place.ts';

/** A place, and its connections' end. */
export interface OpenPlace {
  place: Place;
  close: () => void;
}

/**
 * An installation in AWS, as its environment names it. Who asks, and in which region, the SDK's own variables say.
 * @throws NotErased when Redis can't be reached
 */
export async function openInAws(env: EraseEnv): Promise<OpenPlace> {
  const [s3, sqs, secrets] = [new S3Client(), new SQSClient(), new SecretsManagerClient()];
  let seen: Error | undefined;
  const redis = renewingRedis(
    password => new Redis(redisOptions(env, password)),
    () => redisPassword(secrets, env),
    error => (seen = error),
  );
  const close = () => {
    redis.disconnect();
    for (const client of [s3, sqs, secrets]) client.destroy();
  };
  try {
    await redis.eval('return 1', 0);
  } catch (error) {
    close();
    const why = (seen ?? (error as Error)).message.split('\n')[0];
    throw new NotErased(
      `no Redis at ${env.REDIS_HOST}:${env.REDIS_PORT}: ${why}; it is reached from within its VPC only (docs/deploy.md)`,
      { cause: error },
    );
  }
  const place: Place = {
    s3,
    sqs,
    secrets,
    redis,
    bucket: env.RESULTS_BUCKET,
    secretPrefix: env.CREDENTIALS_SECRET_PREFIX,
    queues: env.DEAD_LETTER_QUEUE_URLS.map(url => ({ url, name: url.split('/').at(-1)!, isDead: true })),
    receiveWaitSeconds: 1,
    clock: systemClock,
  };
  return { place, close };
}

async function redisPassword(secrets: SecretsManagerClient, env: EraseEnv): Promise<string | undefined> {
  if (env.REDIS_AUTH_TOKEN_SECRET_ARN === undefined) return env.REDIS_AUTH_TOKEN;
  const command = new GetSecretValueCommand({ SecretId: env.REDIS_AUTH_TOKEN_SECRET_ARN });
  return (await secrets.send(command)).SecretString;
}
