import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { startLocalAws, type LocalAws, type LocalAwsOptions } from './local-aws.ts';
import { ManualClock } from './manual-clock.ts';

/** A server under a hand-held clock, and the real SDK's clients for it. */
export interface TestAws {
  aws: LocalAws;
  clock: ManualClock;
  sqs: SQSClient;
  s3: S3Client;
  secrets: SecretsManagerClient;
  cloudWatch: CloudWatchClient;
  /** Resolves once `count` receives are waiting on the server. */
  untilWaiting(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server on any free port. Internal errors fail the test that closes it. */
export async function startTestAws(options: LocalAwsOptions = {}): Promise<TestAws> {
  const clock = new ManualClock();
  const internalErrors: unknown[] = [];
  const aws = await startLocalAws({
    clock,
    onInternalError: error => internalErrors.push(error),
    ...options,
  });
  const config = {
    endpoint: aws.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
  const sqs = new SQSClient(config);
  const s3 = new S3Client(config);
  const secrets = new SecretsManagerClient(config);
  const cloudWatch = new CloudWatchClient(config);
  return {
    aws,
    clock,
    sqs,
    s3,
    secrets,
    cloudWatch,
    untilWaiting: async count => {
      while (aws.waitingReceives() !== count) await new Promise(resolve => setImmediate(resolve));
    },
    close: async () => {
      for (const client of [sqs, s3, secrets, cloudWatch]) client.destroy();
      await aws.close();
      if (internalErrors.length > 0)
        throw new AggregateError(internalErrors, 'the server had internal errors');
    },
  };
}
