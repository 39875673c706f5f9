import { systemClock, type Clock } from '@huntaze/core/clock';
import { listen } from './http/server.ts';
import type { Resources } from './resources.ts';
import { ObjectStore } from './s3/object-store.ts';
import { S3Service } from './s3/service.ts';
import { SecretStore } from './secrets/secret-store.ts';
import { SecretsService } from './secrets/service.ts';
import { ACCOUNT_ID, SqsEngine } from './sqs/engine.ts';
import { SqsService } from './sqs/service.ts';
import { QueueJournal } from './state/queue-journal.ts';
import { loadAccount } from './state/saved-account.ts';
import { SecretTable } from './state/secret-table.ts';
import { StateFile } from './state/state-file.ts';

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
  /**
   * Where everything is kept so that it survives the process. What it holds already stays: a queue gets the
   * attributes given here, a secret keeps its value (somebody may have rotated it). Undefined: in memory.
   */
  stateFile?: string | undefined;
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
 * SQS, S3 and Secrets Manager on one port of 127.0.0.1, for the real SDK.
 * @throws AwsError for a resource that AWS wouldn't create; StateFileError for a state file that can't be
 * used; the listening error for a taken port
 */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const file = new StateFile(options.stateFile);
  try {
    return await serve(file, options);
  } catch (error) {
    file.close();
    throw error;
  }
}

async function serve(file: StateFile, options: LocalAwsOptions): Promise<LocalAws> {
  const { clock = systemClock, region = 'us-east-1' } = options;
  const account = openAccount(options.stateFile === undefined ? undefined : file, region);
  for (const { name, attributes } of options.queues ?? [])
    account.engine.ensureQueue(name, new Map(Object.entries(attributes ?? {})), clock.now());
  account.commit();
  const sqs = new SqsService({ clock, ...account });
  const secrets = new SecretStore({ region, accountId: ACCOUNT_ID, archive: new SecretTable(file) });
  for (const { name, value } of options.secrets ?? [])
    if (!secrets.has(name)) secrets.create(name, { text: value }, crypto.randomUUID(), clock.now());
  const s3 = new S3Service({ clock, store: new ObjectStore(file, options.buckets ?? []) });
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
      file.close();
    },
  };
}

/** Queues live in memory. With a file, all that happens to them is written there too, and read at the start. */
function openAccount(file: StateFile | undefined, region: string): { engine: SqsEngine; commit: () => void } {
  if (file === undefined) return { engine: new SqsEngine({ region }), commit: () => {} };
  const journal = new QueueJournal(file);
  const engine = new SqsEngine({ region, journal, saved: loadAccount(file) });
  return { engine, commit: () => journal.commit() };
}
