import { randomInt } from 'node:crypto';
import type { AlarmDefinition, Places } from '@huntaze/core/alarms';
import { systemClock, type Clock } from '@huntaze/core/clock';
import { CloudWatch, type AlarmNews } from './cloudwatch/cloud-watch.ts';
import { logLines } from './cloudwatch/log-lines.ts';
import { PLACES } from './cloudwatch/pipeline-alarms.ts';
import { CloudWatchService } from './cloudwatch/service.ts';
import { watch } from './cloudwatch/watch.ts';
import { faultControl } from './faults/control.ts';
import { Faults } from './faults/faults.ts';
import type { FaultPlanInput } from './faults/plan.ts';
import { s3UnderFaults } from './faults/s3-under-faults.ts';
import { ServiceUnderFaults } from './faults/under-faults.ts';
import { listen } from './http/server.ts';
import { functionArn, type Resources } from './resources.ts';
import { ObjectStore } from './s3/object-store.ts';
import { S3Service } from './s3/service.ts';
import { UploadStore } from './s3/upload-store.ts';
import { FunctionThread } from './secrets/function-thread.ts';
import type { RotationFunction } from './secrets/rotation-steps.ts';
import { Rotator, type RotationNews } from './secrets/rotation.ts';
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
  /**
   * What rotates secrets: bundles that run in threads of their own. A function that neither these nor
   * `rotationFunctions` name is refused, as AWS does where it may not invoke one.
   */
  functions?: Resources['functions'];
  /** The same as code, by the ARN that RotateSecret names. */
  rotationFunctions?: Readonly<Record<string, RotationFunction>>;
  /** Told of what AWS would write to CloudTrail about rotations. Undefined: failures go to standard error. */
  onRotation?: (news: RotationNews) => void;
  /**
   * What CloudWatch watches, every minute, and what the things it watches are called. Undefined: it watches nothing.
   */
  alarms?: { definitions: readonly AlarmDefinition[]; places: Places } | undefined;
  /** Told of alarms that come into another state. */
  onAlarm?: ((news: AlarmNews) => void) | undefined;
  /** Random passwords are made of it: a whole number from 0 up to its argument. A test can give a seeded one. */
  randomInt?: (limit: number) => number;
  /** What is to go wrong from the start; `PUT /__local/faults` sets another plan. */
  faults?: FaultPlanInput | undefined;
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
  /** What goes wrong: for setting another plan, and for seeing what came of it. */
  faults: Faults;
  /** Answers open long polls and closes every connection, within a second. */
  close(): Promise<void>;
}

/**
 * SQS, S3, Secrets Manager and CloudWatch's alarms on one port of 127.0.0.1, for the real SDK.
 * @throws AwsError for a resource that AWS wouldn't create; StateFileError for a state file that can't be
 * used; BadFaultPlan; the listening error for a taken port
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
  const faults = new Faults(clock, options.faults);
  const account = openAccount(options.stateFile === undefined ? undefined : file, region);
  for (const { name, attributes } of options.queues ?? [])
    account.engine.ensureQueue(name, new Map(Object.entries(attributes ?? {})), clock.now());
  account.commit();
  const sqs = new SqsService({ clock, ...account, faults });
  const secrets = new SecretStore({ region, accountId: ACCOUNT_ID, archive: new SecretTable(file) });
  const threads = (options.functions ?? []).map(({ name, ...about }) => {
    const arn = functionArn(region, name);
    return { arn, thread: new FunctionThread({ arn, ...about }, systemClock) };
  });
  const onInternalError = options.onInternalError ?? ((error: unknown) => console.error('local aws:', error));
  const rotator = new Rotator({
    store: secrets,
    clock,
    functionClock: systemClock,
    functions: {
      ...options.rotationFunctions,
      ...Object.fromEntries(threads.map(({ arn, thread }) => [arn, thread.invoke])),
    },
    tell: options.onRotation ?? logFailedRotation,
    onInternalError,
  });
  for (const { name, value, rotation } of options.secrets ?? []) {
    const secret =
      secrets.get(name, clock.now()) ?? secrets.create(name, { value: { text: value } }, clock.now());
    if (rotation === undefined) continue;
    const rules = { AutomaticallyAfterDays: rotation.everyDays };
    rotator.ensure(secret, functionArn(region, rotation.function), rules, clock.now());
  }
  const s3 = new S3Service({
    clock,
    region,
    accountId: ACCOUNT_ID,
    store: new ObjectStore(file, options.buckets ?? [], clock.now()),
    uploads: new UploadStore(file),
  });
  const cloudWatch = cloudWatchOf(options, clock);
  const services = {
    json: {
      AmazonSQS: sqs,
      // What CloudWatch is called in AWS JSON.
      GraniteServiceVersion20100801: new ServiceUnderFaults({
        name: 'cloudwatch',
        service: new CloudWatchService(cloudWatch, region),
        faults,
        clock,
      }),
      secretsmanager: new ServiceUnderFaults({
        name: 'secretsmanager',
        service: new SecretsService({
          clock,
          store: secrets,
          rotator,
          randomInt: options.randomInt ?? randomInt,
        }),
        faults,
        clock,
      }),
    },
    s3: s3UnderFaults({ faults, clock, handle: s3.handle.bind(s3) }),
    local: {
      '/__local/faults': faultControl(faults),
      '/__local/log-lines': logLines(cloudWatch, clock),
    },
  };
  const server = await listen(services, options.port ?? 0, onInternalError);
  const url = `http://127.0.0.1:${server.port}`;
  sqs.urls.origin = url;
  rotator.start();
  const stopping = new AbortController();
  if (options.alarms !== undefined)
    watch({
      cloudWatch,
      clock,
      queues: () => sqs.measure(),
      tell: options.onAlarm ?? (() => undefined),
      signal: stopping.signal,
    }).catch(onInternalError);
  return {
    url,
    port: server.port,
    queueUrl: name => sqs.urls.of(name),
    waitingReceives: () => sqs.waiting,
    faults,
    close: async () => {
      stopping.abort();
      sqs.close();
      rotator.close();
      await Promise.all(threads.map(({ thread }) => thread.close()));
      await server.close();
      file.close();
    },
  };
}

/** Without alarms there is no place that they would have to know. */
function cloudWatchOf({ alarms }: LocalAwsOptions, clock: Clock): CloudWatch {
  const { definitions = [], places = PLACES } = alarms ?? {};
  return new CloudWatch(definitions, places, clock.now());
}

function logFailedRotation(news: RotationNews): void {
  if (news.error !== undefined) console.error(`local aws: ${JSON.stringify(news)}`);
}

/** Queues live in memory. With a file, all that happens to them is written there too, and read at the start. */
function openAccount(file: StateFile | undefined, region: string): { engine: SqsEngine; commit: () => void } {
  if (file === undefined) return { engine: new SqsEngine({ region }), commit: () => {} };
  const journal = new QueueJournal(file);
  const engine = new SqsEngine({ region, journal, saved: loadAccount(file) });
  return { engine, commit: () => journal.commit() };
}
