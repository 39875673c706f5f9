import { STRANGER, type Installation } from './installation.ts';
import { may, mayNot, mustNot, PLAIN_HTTP, under, type Row } from './rows.ts';
import type { Context } from './simulate.ts';
import { queueArn, type Things } from './things.ts';

/** A service of AWS that comes to our resources by itself: it has no role here, only what their policies say. */
export interface Service {
  who: string;
  /** Its name as a principal. */
  principal: string;
  rows: Row[];
}

/** On whose account, and for what of that account, a service comes. */
function on(account: string, arn: string): Context {
  return { 'aws:SourceAccount': account, 'aws:SourceArn': arn };
}

export function servicesOf(it: Installation, things: Things): Service[] {
  return [
    theTrail(it, things),
    theLogs(it, things),
    theAlarms(it, things),
    theEvents(it, things),
    theRotations(it, things),
    theAccessLogs(it, things),
    theLoadBalancer(it, things),
  ];
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html */
function theTrail(it: Installation, { buckets, keys }: Things): Service {
  const { account } = it.place;
  const trail = it.of(it.one('AWS::CloudTrail::Trail').id, 'Arn');
  const ours = on(account, trail);
  const others = [on(STRANGER, trail.replace(account, STRANGER)), on(account, `${trail}-too`), {}];
  const acl = { 's3:x-amz-acl': 'bucket-owner-full-control' };
  const log = (of: string) => `${buckets.trail}/AWSLogs/${of}/CloudTrail/eu-west-1/2026/11/23/1.json.gz`;
  // A stranger's trail may have any prefix, also one that ends where our own logs begin.
  const strangers = `${buckets.trail}/AWSLogs/${account}/AWSLogs/${STRANGER}/CloudTrail/1.json.gz`;
  const written = under({ 'aws:cloudtrail:arn': trail, 'aws:s3:arn': log(account) });
  return {
    who: 'CloudTrail',
    principal: 'cloudtrail.amazonaws.com',
    rows: [
      ...may('s3:GetBucketAcl', buckets.trail, ours),
      ...may('s3:PutObject', log(account), { ...ours, ...acl }),
      ...mayNot('s3:PutObject', log(account), ours),
      ...mayNot('s3:PutObject', [log(STRANGER), `${buckets.trail}/x`, `${buckets.results}/x`], {
        ...ours,
        ...acl,
      }),
      ...mayNot('s3:GetObject DeleteObject', log(account), ours),
      ...others.flatMap(other => [
        ...mayNot('s3:GetBucketAcl', buckets.trail, other),
        ...mayNot('s3:PutObject', [log(account), strangers], { ...other, ...acl }),
        ...mayNot('kms:GenerateDataKey Decrypt', keys.trail, { ...other, ...written }),
        ...mayNot('kms:DescribeKey', keys.trail, other),
      ]),
      ...mustNot('s3:PutObject', log(account), { ...ours, ...acl, ...PLAIN_HTTP }),
      ...may('kms:GenerateDataKey', keys.trail, { ...ours, ...written }),
      // The bucket has a key of its own: without this CloudTrail takes no trail.
      // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
      ...may('kms:Decrypt DescribeKey', keys.trail, ours),
      ...mayNot('kms:Encrypt CreateGrant PutKeyPolicy', keys.trail, ours),
      ...mayNot('kms:GenerateDataKey Decrypt', [keys.data, keys.sessions, keys.queues], ours),
    ],
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html */
function theLogs(it: Installation, { keys }: Things): Service {
  const { account, region } = it.place;
  const of = (group: string) => under({ 'aws:logs:arn': group });
  const groups = it.all('AWS::Logs::LogGroup').map(({ id, properties }) => ({
    arn: it.of(id, 'Arn').replace(/:\*$/, ''),
    key: it.text(properties['KmsKeyId']),
  }));
  const used =
    'kms:Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey GenerateDataKeyWithoutPlaintext';
  const [{ arn } = { arn: '' }] = groups;
  const useless = Object.values(keys).filter(key => !groups.some(group => group.key === key));
  return {
    who: 'CloudWatch Logs',
    principal: `logs.${region}.amazonaws.com`,
    rows: [
      ...groups.flatMap(group => may(used, group.key, of(group.arn))),
      ...mayNot(used, keys.data, of(arn.replace(account, STRANGER))),
      ...mayNot(used, keys.data, of(arn.replace(region, 'us-east-1'))),
      ...mayNot(used, keys.data),
      ...mayNot('kms:CreateGrant', keys.data, of(arn)),
      ...mayNot('kms:DescribeKey PutKeyPolicy ScheduleKeyDeletion', keys.data),
      ...mayNot(used, useless, of(arn)),
    ],
  };
}

/** The topic, where it is made; https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns */
function theAlarms(it: Installation, { keys }: Things): Service {
  const { account } = it.place;
  const principal = 'cloudwatch.amazonaws.com';
  const ours = on(account, it.arn('cloudwatch', 'alarm:huntaze-outage'));
  const strangers = on(STRANGER, it.arn('cloudwatch', 'alarm:huntaze-outage', STRANGER));
  const used = 'kms:Decrypt GenerateDataKey';
  const others = mayNot(used, [keys.queues, keys.sessions, keys.trail], ours);
  const [topic] = it.all('AWS::SNS::Topic').map(({ id }) => it.of(id));
  if (topic === undefined)
    return { who: 'CloudWatch’s alarms', principal, rows: [...others, ...mayNot(used, keys.data, ours)] };
  return {
    who: 'CloudWatch’s alarms',
    principal,
    rows: [
      ...others,
      ...may('sns:Publish', topic, ours),
      ...may(used, keys.data, ours),
      ...[strangers, {}].flatMap(other => [
        ...mayNot('sns:Publish', topic, other),
        ...mayNot(used, keys.data, other),
      ]),
      ...mayNot('sns:Subscribe SetTopicAttributes', topic, ours),
      ...mayNot('kms:Encrypt CreateGrant', keys.data, ours),
      ...mustNot('sns:Publish', topic, { ...ours, ...PLAIN_HTTP }),
    ],
  };
}

/** EventBridge, for the stand-in, and for the resumption of rotations. */
function theEvents(it: Installation, { queues }: Things): Service {
  const { account } = it.place;
  const resume = it.functionNamed('huntaze-resume-rotations').functionArn!;
  const ruleTo = (isWanted: boolean) =>
    it
      .all('AWS::Events::Rule')
      .filter(({ properties }) => {
        const [{ Arn }] = properties['Targets'] as [{ Arn: unknown }];
        return (it.text(Arn) === resume) === isWanted;
      })
      .map(({ id }) => it.of(id, 'Arn'));
  const rules = ruleTo(false);
  const hourly = ruleTo(true);
  const queue = it.one('AWS::SQS::Queue', ({ QueueName }) => QueueName === 'huntaze-stand-in.fifo');
  const to = queueArn(it, it.of(queue.id));
  const others = [
    on(account, it.arn('events', 'rule/other')),
    on(STRANGER, rules[0]!.replace(account, STRANGER)),
    {},
  ];
  const functions = it.all('AWS::Lambda::Function').map(({ id }) => it.of(id, 'Arn'));
  return {
    who: 'EventBridge',
    principal: 'events.amazonaws.com',
    rows: [
      ...rules.flatMap(rule => [
        // EventBridge sends; the other two are what CDK lets whoever sends.
        ...may('sqs:SendMessage GetQueueAttributes GetQueueUrl', to, on(account, rule)),
        ...mayNot('sqs:ReceiveMessage DeleteMessage PurgeQueue SetQueueAttributes', to, on(account, rule)),
        ...mayNot('sqs:SendMessage', Object.values(queues), on(account, rule)),
        ...mayNot('lambda:InvokeFunction', functions, on(account, rule)),
        ...mustNot('sqs:SendMessage', to, { ...on(account, rule), ...PLAIN_HTTP }),
      ]),
      ...others.flatMap(other => mayNot('sqs:SendMessage GetQueueAttributes GetQueueUrl', to, other)),
      ...hourly.flatMap(rule => [
        ...may('lambda:InvokeFunction', resume, { 'aws:SourceArn': rule }),
        ...mayNot(
          'lambda:InvokeFunction',
          functions.filter(one => one !== resume),
          { 'aws:SourceArn': rule },
        ),
        ...mayNot('sqs:SendMessage', [to, ...Object.values(queues)], on(account, rule)),
      ]),
      ...others.flatMap(other => mayNot('lambda:InvokeFunction', resume, other)),
    ],
  };
}

/** Secrets Manager invokes a secret's own function, and no other. */
function theRotations(it: Installation, things: Things): Service {
  const { account } = it.place;
  const arnOf = (name: string) => it.functionNamed(name).functionArn!;
  const credentials = arnOf('huntaze-rotate-credentials');
  const functions = it.all('AWS::Lambda::Function').map(({ id }) => it.of(id, 'Arn'));
  const redis = it.all('AWS::ElastiCache::ReplicationGroup').map(() => arnOf('huntaze-rotate-redis-auth'));
  const invoked = 'lambda:InvokeFunction';
  const secret = things.credentialsOf('ada');
  const others = functions.filter(one => one !== credentials && !redis.includes(one));
  return {
    who: 'Secrets Manager',
    principal: 'secretsmanager.amazonaws.com',
    rows: [
      ...may(invoked, credentials, on(account, secret)),
      ...may(invoked, redis, on(account, things.redisAuth)),
      ...mayNot(invoked, credentials, on(account, things.redisAuth)),
      ...mayNot(invoked, redis, on(account, secret)),
      ...mayNot(invoked, functions, on(account, it.arn('secretsmanager', 'secret:payroll-AbCdEf'))),
      ...mayNot(invoked, functions, on(STRANGER, secret.replace(account, STRANGER))),
      ...mayNot(invoked, functions, { 'aws:SourceArn': secret.replace(account, STRANGER) }),
      ...mayNot(invoked, functions),
      ...mayNot(invoked, others, on(account, secret)),
      ...mayNot('lambda:UpdateFunctionCode GetFunction', credentials, on(account, secret)),
    ],
  };
}

/** Who read and wrote what in our buckets. https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html */
function theAccessLogs(it: Installation, { buckets }: Things): Service {
  const { account } = it.place;
  const to = (key: string) => `${buckets.accessLogs}/${key}`;
  const logged = [
    { source: buckets.results, prefix: 'results-bucket', others: 'trail-bucket' },
    { source: buckets.trail, prefix: 'trail-bucket', others: 'results-bucket' },
  ];
  return {
    who: 'S3’s access logs',
    principal: 'logging.s3.amazonaws.com',
    rows: logged.flatMap(({ source, prefix, others }) => [
      ...may('s3:PutObject', to(`${prefix}/1`), on(account, source)),
      ...mayNot('s3:PutObject', [to(`${others}/1`), to('1'), `${source}/1`], on(account, source)),
      ...mayNot('s3:PutObject', to(`${prefix}/1`), on(STRANGER, source)),
      ...mayNot('s3:PutObject', to(`${prefix}/1`), on(account, `${source}-too`)),
      ...mayNot('s3:PutObject', to(`${prefix}/1`)),
      ...mayNot('s3:GetObject DeleteObject', to(`${prefix}/1`), on(account, source)),
    ]),
  };
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html */
function theLoadBalancer(it: Installation, { buckets }: Things): Service {
  const { account } = it.place;
  const file = (prefix: string, of: string) =>
    `${buckets.accessLogs}/${prefix}/AWSLogs/${of}/elasticloadbalancing/eu-west-1/2026/11/23/1.log.gz`;
  const delivered = file('load-balancer', account);
  const isThere = it.all('AWS::ElasticLoadBalancingV2::LoadBalancer').length > 0;
  return {
    who: 'the load balancer’s logs',
    principal: 'logdelivery.elasticloadbalancing.amazonaws.com',
    rows: [
      ...(isThere ? may('s3:PutObject', delivered) : mayNot('s3:PutObject', delivered)),
      ...mayNot('s3:PutObject', [
        file('load-balancer', STRANGER),
        file('other', account),
        `${buckets.accessLogs}/results-bucket/1`,
        `${buckets.results}/load-balancer/AWSLogs/${account}/1`,
      ]),
      ...mayNot('s3:GetObject DeleteObject', delivered),
    ],
  };
}
