import { CfnOutput, Stack, Tags, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';
import { ApiElsewhere, ApiService } from './api.ts';
import type { Artefacts } from './artefacts.ts';
import type { Context } from './context.ts';
import { Eraser } from './eraser.ts';
import { Keys } from './keys.ts';
import { Limiter } from './limiter.ts';
import { Logs } from './logs.ts';
import { Alarms } from './monitoring/alarms.ts';
import { Dashboard } from './monitoring/dashboard.ts';
import { Network } from './network.ts';
import { secretsUnder } from './permissions.ts';
import { Queues } from './queues.ts';
import { SharedRedis } from './redis.ts';
import { Rotation } from './rotation.ts';
import { Scraper } from './scraper.ts';
import { STAGES } from './stage.ts';
import { StandIn } from './stand-in.ts';
import { Storage } from './storage.ts';
import { Trail } from './trail.ts';

const TOPIC = 'huntaze-cost-alerts';

/** The whole way of a request, in one account and region. */
export class Pipeline extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { context: Context; artefacts: Artefacts }) {
    const { context, artefacts } = props;
    const stage = STAGES[context.stage];
    super(scope, id, {
      ...props,
      description: 'Rate-limited, ordered work in a browser: API, limiter, scraper, results',
      terminationProtection: stage.isKept,
    });
    Tags.of(this).add('huntaze:stage', stage.name);

    const keys = new Keys(this, 'Keys', { stage, context });
    const logs = new Logs(stage, keys.data);
    const network = new Network(this, 'Network', { stage, context, logs });
    const queues = new Queues(this, 'Queues', { stage, context, key: keys.queues });
    const storage = new Storage(this, 'Storage', { stage, key: keys.data });
    const redis = new SharedRedis(this, 'Redis', { stage, context, network, key: keys.data });
    const topic = this.#topic(context, keys);

    const limiter = new Limiter(this, 'Limiter', {
      network,
      queues,
      queueKey: keys.queues,
      redis,
      logs,
      bundle: artefacts.limiter,
    });
    const scraper = new Scraper(this, 'Scraper', {
      context,
      network,
      queues,
      keys,
      redis,
      storage,
      logs,
      imageContext: artefacts.scraperImage,
    });
    const standIn = new StandIn(this, 'StandIn', { scraper, logs, bundle: artefacts.standIn });
    const rotation = new Rotation(this, 'Rotation', {
      context,
      network,
      queues,
      keys,
      redis,
      logs,
      bundles: artefacts,
    });
    const apiProps = { stage, context, network, queues, keys, redis, storage, logs, rotation };
    const api =
      context.api === 'service'
        ? new ApiService(this, 'Api', {
            ...apiProps,
            cluster: scraper.cluster,
            imageContext: artefacts.apiImage,
            accessLogs: storage.accessLogs,
          })
        : new ApiElsewhere(this, 'Api', apiProps);

    const eraser = new Eraser(this, 'Eraser', {
      network,
      queues,
      keys,
      redis,
      storage,
      credentialsSecretPrefix: context.credentialsSecretPrefix,
    });

    network.addEndpoints(
      {
        queueArns: [
          queues.rateLimiter,
          queues.rateLimiterDeadLetters,
          queues.workflows,
          queues.workflowsDeadLetters,
        ].map(queue => queue.queueArn),
        bucketArns: [storage.results.bucketArn],
        secretArns: [redis.authSecret.secretArn, secretsUnder(this, context.credentialsSecretPrefix)],
      },
      [
        limiter.securityGroup,
        scraper.securityGroup,
        api.securityGroup,
        eraser.securityGroup,
        ...rotation.securityGroups,
      ],
    );

    new Trail(this, 'Trail', {
      stage,
      key: keys.trail,
      logGroup: logs.group(this, 'TrailLogs', `/huntaze/trail`),
      accessLogs: storage.accessLogs,
    });
    const alarms = new Alarms(this, 'Alarms', {
      topic,
      queues,
      limiter: limiter.function,
      scraper,
      redis,
      standIn: standIn.function,
      resuming: rotation.resuming,
      api: api instanceof ApiService ? api : undefined,
    });
    new Dashboard(this, 'Dashboard', { stage, queues, limiter: limiter.function, scraper, alarms });
    new CfnOutput(this, 'RateLimiterQueueUrl', {
      description: 'Where requests go in',
      value: queues.rateLimiter.queueUrl,
    });
    new CfnOutput(this, 'ResultsBucket', {
      description: 'Where results are: results/{creator_id}/{operation_id}.json',
      value: storage.results.bucketName,
    });
    acknowledge(this, context.credentialsSecretPrefix);
  }

  /** 5.5: the topic that exists, unless it is to be made. */
  #topic(context: Context, keys: Keys): sns.ITopic {
    if (!context.createTopic) {
      const arn = context.topicArn ?? this.formatArn({ service: 'sns', resource: TOPIC });
      return sns.Topic.fromTopicArn(this, 'Topic', arn);
    }
    const topic = new sns.Topic(this, 'Topic', { topicName: TOPIC, masterKey: keys.data, enforceSSL: true });
    // Under a key of ours an alarm can't publish unless the key says so; under AWS's own it never can.
    const cloudwatch = new iam.ServicePrincipal('cloudwatch.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
    });
    keys.data.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AlarmsPublish',
        principals: [cloudwatch],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
      }),
    );
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'AlarmsPublish',
        principals: [cloudwatch],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
      }),
    );
    if (context.alarmEmail !== undefined)
      topic.addSubscription(new subscriptions.EmailSubscription(context.alarmEmail));
    return topic;
  }
}
