import { ArnFormat, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { apiEnv } from '@huntaze/api/env';
import { ALARM_PREFIX } from '@huntaze/core/alarms';
import { API_PREFIXES, PREFIXES } from '@huntaze/core/names';
import { Construct } from 'constructs';
import type { Context } from './context.ts';
import { environment, limits } from './environment.ts';
import type { Keys } from './keys.ts';
import type { Logs } from './logs.ts';
import type { Network } from './network.ts';
import {
  allow,
  allowKeyThrough,
  allowQueueKey,
  allowSecret,
  allowSend,
  secretsUnder,
} from './permissions.ts';
import type { Queues } from './queues.ts';
import type { SharedRedis } from './redis.ts';
import type { Rotation } from './rotation.ts';
import type { Stage } from './stage.ts';
import type { Storage } from './storage.ts';
import { task } from './task.ts';

const PORT = 3_000;
/** Of one address in five minutes; a console that looks every second is far below. */
const MOST_REQUESTS = 3_000;

export interface ApiProps {
  stage: Stage;
  context: Context;
  network: Network;
  queues: Queues;
  keys: Keys;
  redis: SharedRedis;
  storage: Storage;
  logs: Logs;
  rotation: Rotation;
}

/** What an API may do, wherever it runs. */
function allowApi(role: iam.IRole, { context, queues, keys, redis, storage, rotation }: ApiProps): void {
  allowSend(role, 'Enqueue', queues.rateLimiter);
  const takes = ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'];
  allow(
    role,
    'DeadLetters',
    takes.map(action => `sqs:${action}`),
    [queues.rateLimiterDeadLetters.queueArn, queues.workflowsDeadLetters.queueArn],
  );
  allowQueueKey(role, keys.queues);
  allowSecret(role, 'RedisAuth', redis.authSecret);
  const { results: bucket } = storage;
  const objects = (...prefixes: string[]) => prefixes.map(prefix => bucket.arnForObjects(`${prefix}/*`));
  const { results } = PREFIXES;
  const { tokens, webhooks, audit } = API_PREFIXES;
  allow(role, 'ResultsTokensAndActions', ['s3:GetObject'], objects(results, tokens, webhooks, audit));
  // A result gains what a person says of an operation whose outcome is unknown.
  allow(role, 'SettledTokensAndActions', ['s3:PutObject'], objects(results, tokens, webhooks, audit));
  allow(role, 'TokensThatEnd', ['s3:DeleteObject'], objects(tokens, webhooks));
  // Results are listed when Redis has lost its records.
  allow(role, 'ResultsTokensAndActionsByName', ['s3:ListBucket'], [bucket.bucketArn], {
    StringLike: { 's3:prefix': [results, tokens, webhooks, audit].map(prefix => `${prefix}/*`) },
  });
  // By their names: only composite ones want this on anything.
  const ours = Stack.of(role).formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: `${ALARM_PREFIX}*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  allow(role, 'Alarms', ['cloudwatch:DescribeAlarms'], [ours]);
  allowKeyThrough(role, 'ResultsKey', 's3', [bucket.encryptionKey!], ['kms:GenerateDataKey', 'kms:Decrypt']);
  // What a creator logs in with is put there, and never read.
  const credentials = [secretsUnder(Stack.of(role), context.credentialsSecretPrefix)];
  const put = [
    'secretsmanager:CreateSecret',
    'secretsmanager:PutSecretValue',
    'secretsmanager:DescribeSecret',
  ];
  allow(role, 'CredentialsThatAreSet', put, credentials);
  const rotates = rotation.credentials.functionArn;
  allow(role, 'Requirement8x5Schedule', ['secretsmanager:RotateSecret'], credentials, {
    StringEquals: { 'secretsmanager:RotationLambdaARN': rotates },
  });
  // Whoever has a secret rotated must be allowed to invoke what rotates.
  allow(role, 'Requirement8x5Function', ['lambda:InvokeFunction'], [rotates]);
  allowKeyThrough(role, 'CredentialsKey', 'secretsmanager', keys.credentials, [
    'kms:GenerateDataKey',
    'kms:Decrypt',
  ]);
}

function variables(
  { context, queues, keys, storage, redis, rotation }: ApiProps,
  tokenHash: string,
): Record<string, string> {
  return environment(apiEnv, {
    QUEUE_URL: queues.rateLimiter.queueUrl,
    DEAD_LETTER_QUEUE_URLS: [queues.rateLimiterDeadLetters, queues.workflowsDeadLetters]
      .map(queue => queue.queueUrl)
      .join(','),
    RESULTS_BUCKET: storage.results.bucketName,
    API_TOKEN_SHA256: tokenHash,
    CREDENTIALS_SECRET_PREFIX: context.credentialsSecretPrefix,
    CREDENTIALS_KMS_KEY_ID: keys.data.keyArn,
    ROTATE_CREDENTIALS_ARN: rotation.credentials.functionArn,
    ...redis.environment,
    ...limits(),
  });
}

/** For an app that is hosted elsewhere: its policy, its way to Redis, and its environment, printed by the deployment. */
export class ApiElsewhere extends Construct {
  readonly role: iam.Role;
  readonly securityGroup: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    this.securityGroup = props.network.securityGroup(this, 'Group', 'An API that is hosted elsewhere');
    props.redis.allow(this.securityGroup, 'The API');
    this.role = new iam.Role(this, 'Role', {
      description: 'What an API may do that is hosted elsewhere in this account',
      assumedBy: new iam.AccountRootPrincipal(),
    });
    allowApi(this.role, props);
    const told = Stack.of(this).toJsonString(variables(props, 'the SHA-256 of your token, in hex'));
    new CfnOutput(this, 'Environment', { description: 'The API’s environment', value: told });
    new CfnOutput(this, 'RoleArn', { description: 'The role for it to assume', value: this.role.roleArn });
    new CfnOutput(this, 'SecurityGroupId', {
      description: 'The security group that reaches Redis',
      value: this.securityGroup.securityGroupId,
    });
  }
}

/** The Next.js server as a service, behind a load balancer with TLS. */
export class ApiService extends Construct {
  readonly service: ecs.FargateService;
  readonly loadBalancer: elb.ApplicationLoadBalancer;
  readonly targets: elb.ApplicationTargetGroup;
  readonly securityGroup: ec2.SecurityGroup;

  constructor(
    scope: Construct,
    id: string,
    props: ApiProps & { cluster: ecs.ICluster; imageContext: string; accessLogs: s3.Bucket },
  ) {
    super(scope, id);
    const { stage, context, network, redis } = props;
    const definition = task(this, {
      name: 'api',
      cpu: 256,
      memoryMiB: 512,
      imageContext: props.imageContext,
      health: `${PORT}/api/health`,
      startSeconds: 30,
      stopTimeout: Duration.seconds(30),
      portMappings: [{ containerPort: PORT }],
      logging: ecs.LogDriver.awsLogs({
        streamPrefix: 'api',
        logGroup: props.logs.group(this, 'Logs', '/huntaze/api'),
      }),
      environment: {
        NODE_ENV: 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        PORT: String(PORT),
        // The task's own address: the load balancer calls it.
        HOSTNAME: '0.0.0.0',
        ...variables(props, context.apiTokenSha256!),
      },
    });
    allowApi(definition.taskRole, props);

    this.securityGroup = network.securityGroup(this, 'Group', 'The API');
    redis.allow(this.securityGroup, 'The API');
    // Its image, its logs, CloudWatch's alarms, where there is no endpoint for them, and webhooks, wherever they are: through
    // the NAT, or from its own public address. An endpoint for the alarms alone would cost more than all it carries.
    this.securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'AWS');
    this.service = new ecs.FargateService(this, 'Service', {
      cluster: props.cluster,
      taskDefinition: definition,
      desiredCount: stage.apiTasks,
      vpcSubnets: network.taskSubnets,
      assignPublicIp: network.assignPublicIp,
      securityGroups: [this.securityGroup],
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      enableECSManagedTags: true,
      propagateTags: ecs.PropagatedTagSource.SERVICE,
    });

    this.service.node.addDependency(definition.executionRole!);

    const cidrs = context.apiAllowedCidrs;
    const front = network.securityGroup(this, 'FrontGroup', 'The load balancer of the API');
    this.loadBalancer = new elb.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: network.vpc,
      internetFacing: cidrs !== undefined,
      vpcSubnets: cidrs === undefined ? network.innerSubnets : { subnetType: ec2.SubnetType.PUBLIC },
      securityGroup: front,
      deletionProtection: stage.isKept,
      dropInvalidHeaderFields: true,
      // A live stream that says nothing for a minute is asked again by its client.
      idleTimeout: Duration.seconds(60),
    });
    this.#logAccess(props.accessLogs);
    this.targets = new elb.ApplicationTargetGroup(this, 'Targets', {
      vpc: network.vpc,
      port: PORT,
      protocol: elb.ApplicationProtocol.HTTP,
      targets: [this.service],
      deregistrationDelay: Duration.seconds(20),
      healthCheck: { path: '/api/health', interval: Duration.seconds(15), timeout: Duration.seconds(5) },
    });
    this.loadBalancer.addListener('Https', {
      port: 443,
      open: false,
      sslPolicy: elb.SslPolicy.TLS13_RES,
      certificates: [elb.ListenerCertificate.fromArn(context.certificateArn!)],
      defaultTargetGroups: [this.targets],
    });
    const from = cidrs?.map(cidr => ec2.Peer.ipv4(cidr)) ?? [ec2.Peer.ipv4(network.cidr)];
    for (const peer of from) front.addIngressRule(peer, ec2.Port.tcp(443), 'Callers of the API');
    this.#firewall(props.logs);
    new CfnOutput(this, 'Address', {
      description: 'Where the API’s domain must point',
      value: this.loadBalancer.loadBalancerDnsName,
    });
  }

  /** Load balancers deliver their logs as a service of their own. */
  #logAccess(bucket: s3.Bucket): void {
    const prefix = 'load-balancer';
    const { account } = Stack.of(this);
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'LoadBalancerLogs',
        principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`${prefix}/AWSLogs/${account}/*`)],
      }),
    );
    this.loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    this.loadBalancer.setAttribute('access_logs.s3.bucket', bucket.bucketName);
    this.loadBalancer.setAttribute('access_logs.s3.prefix', prefix);
    this.loadBalancer.node.addDependency(bucket.policy!);
  }

  /** What nobody means well by stays outside: known attacks, and floods. */
  #firewall(logs: Logs): void {
    const visibilityConfig = (metricName: string) => ({
      cloudWatchMetricsEnabled: true,
      sampledRequestsEnabled: true,
      metricName,
    });
    const managed = (
      name: string,
      priority: number,
      countOnly: string[] = [],
    ): wafv2.CfnWebACL.RuleProperty => ({
      name,
      priority,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name,
          ruleActionOverrides: countOnly.map(rule => ({ name: rule, actionToUse: { count: {} } })),
        },
      },
      visibilityConfig: visibilityConfig(name),
    });
    const acl = new wafv2.CfnWebACL(this, 'Firewall', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibilityConfig('huntaze-api'),
      rules: [
        {
          name: 'Floods',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { limit: MOST_REQUESTS, aggregateKeyType: 'IP' } },
          visibilityConfig: visibilityConfig('Floods'),
        },
        // A message's text may be long, and may look like anything.
        managed('AWSManagedRulesCommonRuleSet', 1, ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY']),
        managed('AWSManagedRulesKnownBadInputsRuleSet', 2),
      ],
    });
    const logGroup = logs.group(this, 'FirewallLogs', 'aws-waf-logs-huntaze-api');
    new wafv2.CfnLoggingConfiguration(this, 'FirewallLogging', {
      resourceArn: acl.attrArn,
      logDestinationConfigs: [
        Stack.of(this).formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: logGroup.logGroupName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      redactedFields: ['authorization', 'cookie'].map(name => ({ singleHeader: { Name: name } })),
    });
    new wafv2.CfnWebACLAssociation(this, 'FirewallOfLoadBalancer', {
      resourceArn: this.loadBalancer.loadBalancerArn,
      webAclArn: acl.attrArn,
    });
  }
}
