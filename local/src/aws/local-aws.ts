import { systemClock, type Clock } from '@huntaze/core/clock';
import { listen } from './http/server.ts';
import type { Resources } from './resources.ts';
import { MemoryStore } from './s3/object-store.ts';
import { S3Service } from './s3/service.ts';
import { SecretStore } from './secrets/secret-store.ts';
import { SecretsService } from './secrets/service.ts';
import { ACCOUNT_ID } from './sqs/engine.ts';
import { SqsService } from './sqs/service.ts';

export interface LocalAwsOptions {
  /** Made in this order: a dead-letter queue before the queues that name it. Attributes as in CreateQueue. */
  queues?: readonly { name: string; attributes?: Readonly<Record<string, string>> }[];
  buckets?: Resources['buckets'];
  secrets?: Resources['secrets'];
  /** 0, the default: any free port. */
  port?: number;
  clock?: Clock;
  /** Appears in ARNs. */
  region?: string;
  /** Told of errors that are nobody's request's fault; the caller got a 500. */
  onInternalError?: (error: unknown) => void;
}

export interface LocalAws {
  /** What `AWS_ENDPOINT_URL` is to be set to. */
  url: string;
  port: number;
  /** The URL of the queue called `name`, whether it exists or not. */
  queueUrl(name: string): string;
  /** How many receives are waiting for messages: lets a test send only when somebody listens. */
  waitingReceives(): number;
  /** Answers open long polls and closes every connection, within a second. */
  close(): Promise<void>;
}

/**
 * SQS, S3 and Secrets Manager on one port of 127.0.0.1, for the real SDK, with everything in memory.
 * @throws AwsError for a resource that AWS wouldn't create; the listening error for a taken port
 */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const { clock = systemClock, region = 'us-east-1' } = options;
  const sqs = new SqsService({ clock, region });
  for (const { name, attributes } of options.queues ?? [])
    sqs.engine.createQueue(name, new Map(Object.entries(attributes ?? {})), clock.now());
  const secrets = new SecretStore({ region, accountId: ACCOUNT_ID });
  for (const { name, value } of options.secrets ?? [])
    secrets.create(name, { text: value }, crypto.randomUUID(), clock.now());
  const s3 = new S3Service({ clock, store: new MemoryStore(options.buckets ?? []) });
  const services = {
    json: { AmazonSQS: sqs, secretsmanager: new SecretsService({ clock, store: secrets }) },
    s3: s3.handle.bind(s3),
  };
  const onInternalError = options.onInternalError ?? ((error: unknown) => console.error('local aws:', error));
  const server = await listen(services, options.port ?? 0, onInternalError);
  const url = `http://127.0.0.1:${server.port}`;
  sqs.urls.origin = url;
  return {
    url,
    port: server.port,
    queueUrl: name => sqs.urls.of(name),
    waitingReceives: () => sqs.waiting,
    close: async () => {
      sqs.close();
      await server.close();
    },
  };
}
