import { credentialsSecretName } from '@huntaze/core/names';
import type { Installation, Process } from './installation.ts';

/** What an installation consists of, by the names that its processes are told. All of them ARNs. */
export interface Things {
  queues: {
    rateLimiter: string;
    rateLimiterDeadLetters: string;
    workflows: string;
    workflowsDeadLetters: string;
  };
  buckets: { results: string; accessLogs: string; trail: string };
  keys: { queues: string; data: string; sessions: string; trail: string };
  redisAuth: string;
  /** Undefined where it is AWS's own, which whoever may read the secret may use. */
  redisAuthKey: string | undefined;
  /** Those of the creators' secrets, made and existing. */
  credentialsKeys: string[];
  /** The secret of a creator; its last six characters are random. */
  credentialsOf(creator: string): string;
  limiter: Process;
  scraper: ReturnType<Installation['task']>;
}

export function queueArn(it: Installation, url: string): string {
  const [, region, account, name] = /^https:\/\/sqs\.([^.]+)\.[^/]+\/(\d+)\/(.+)$/.exec(url) ?? [];
  return `arn:${it.place.partition}:sqs:${region}:${account}:${name}`;
}

export function thingsOf(it: Installation): Things {
  const limiter = it.functionNamed('huntaze-rate-limiter');
  const scraper = it.task('scraper');
  const queueTold = (process: Process, variable: string) => queueArn(it, process.variable(variable));
  const bucketArn = (name: string) => `arn:${it.place.partition}:s3:::${name}`;
  const trail = it.one('AWS::CloudTrail::Trail').properties;
  const results = scraper.itself.variable('RESULTS_BUCKET');
  const bucket = it.one('AWS::S3::Bucket', (_, id) => it.of(id) === results).properties;
  const { DestinationBucketName } = bucket['LoggingConfiguration'] as { DestinationBucketName: unknown };
  const { ServerSideEncryptionConfiguration } = bucket['BucketEncryption'] as {
    ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { KMSMasterKeyID: unknown } }];
  };
  const redisAuth = limiter.variable('REDIS_AUTH_TOKEN_SECRET_ARN');
  const secret = it.all('AWS::SecretsManager::Secret').find(({ id }) => it.of(id) === redisAuth);
  const dataKey = it.text(ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.KMSMasterKeyID);
  const { credentialsKeyArn } = it.context;
  const queue = it.all('AWS::SQS::Queue').find(({ properties }) => 'KmsMasterKeyId' in properties);
  return {
    queues: {
      rateLimiter: queueTold(limiter, 'QUEUE_URL'),
      rateLimiterDeadLetters: queueTold(limiter, 'DEAD_LETTER_QUEUE_URL'),
      workflows: queueTold(scraper.itself, 'WORKFLOWS_QUEUE_URL'),
      workflowsDeadLetters: queueTold(scraper.itself, 'DEAD_LETTER_QUEUE_URL'),
    },
    buckets: {
      results: bucketArn(results),
      accessLogs: bucketArn(it.text(DestinationBucketName)),
      trail: bucketArn(it.text(trail['S3BucketName'])),
    },
    keys: {
      queues: queue ? it.text(queue.properties['KmsMasterKeyId']) : it.context['queueKeyArn']!,
      data: dataKey,
      sessions: scraper.itself.variable('SESSION_KMS_KEY_ID'),
      trail: it.text(trail['KMSKeyId']),
    },
    redisAuth,
    redisAuthKey: secret ? it.text(secret.properties['KmsKeyId']) : it.context['redisAuthSecretKeyArn'],
    credentialsKeys: [dataKey, ...(credentialsKeyArn === undefined ? [] : [credentialsKeyArn])],
    credentialsOf: creator =>
      it.arn(
        'secretsmanager',
        `secret:${credentialsSecretName(scraper.itself.variable('CREDENTIALS_SECRET_PREFIX'), creator)}-AbCdEf`,
      ),
    limiter,
    scraper,
  };
}

/** What an ARN is called where it is shown: by its place among the things, or without what all have in common. */
export function shortener(it: Installation, things: Things): (text: string) => string {
  const named = Object.entries({ queue: things.queues, bucket: things.buckets, key: things.keys })
    .flatMap(([kind, those]) => Object.entries(those).map(([name, arn]) => [arn, `${kind}:${name}`] as const))
    // What begins with another one comes before it.
    .sort(([one], [other]) => other.length - one.length);
  const { partition, region, account } = it.place;
  return text => {
    let short = text;
    for (const [arn, name] of named) short = short.replaceAll(arn, name);
    return short
      .replaceAll(new RegExp(`arn:${partition}:([a-z0-9-]+):(${region})?:${account}:`, 'g'), '$1:')
      .replaceAll(`.${region}.amazonaws.com`, '');
  };
}
