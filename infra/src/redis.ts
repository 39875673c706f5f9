import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Context } from './context.ts';
import type { Network } from './network.ts';
import type { Stage } from './stage.ts';

/** Not Redis's own: what scans for open ones looks there first. */
const PORT = 6380;
const ENGINES = {
  valkey: { engineVersion: '8.0', family: 'valkey8' },
  redis: { engineVersion: '7.1', family: 'redis7' },
} as const;

/** The shared Redis: the line, the window, the ledger. Made, or one that exists. */
export class SharedRedis extends Construct {
  readonly host: string;
  readonly port: string;
  readonly authSecret: secretsmanager.ISecret;
  readonly securityGroup: ec2.ISecurityGroup;
  /** Of the group that is made; what exists is rotated by whoever made it. */
  readonly replicationGroup: elasticache.CfnReplicationGroup | undefined;

  constructor(
    scope: Construct,
    id: string,
    props: { stage: Stage; context: Context; network: Network; key: kms.IKey },
  ) {
    super(scope, id);
    const { stage, context, network, key } = props;
    if (context.redisHost !== undefined) {
      this.host = context.redisHost;
      this.port = context.redisPort ?? '6379';
      const { redisAuthSecretKeyArn: keyArn } = context;
      this.authSecret = secretsmanager.Secret.fromSecretAttributes(this, 'Auth', {
        secretCompleteArn: context.redisAuthSecretArn!,
        ...(keyArn !== undefined && { encryptionKey: kms.Key.fromKeyArn(this, 'AuthKey', keyArn) }),
      });
      this.securityGroup = ec2.SecurityGroup.fromSecurityGroupId(
        this,
        'Group',
        context.redisSecurityGroupId!,
      );
      return;
    }

    const secret = new secretsmanager.Secret(this, 'Auth', {
      description: 'The AUTH token of the pipeline’s Redis',
      encryptionKey: key,
      removalPolicy: stage.removalPolicy,
      // ElastiCache takes 16 to 128 printable characters, of which few marks; letters and digits will do.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    this.authSecret = secret;
    const group = network.securityGroup(this, 'Group', 'The shared Redis');
    this.securityGroup = group;
    const subnets = new elasticache.CfnSubnetGroup(this, 'Subnets', {
      description: 'The shared Redis',
      subnetIds: network.vpc.selectSubnets(network.innerSubnets).subnetIds,
    });
    const { engineVersion, family } = ENGINES[context.redisEngine];
    const parameters = new elasticache.CfnParameterGroup(this, 'Parameters', {
      cacheParameterGroupFamily: family,
      description: 'Nothing is ever evicted: a line that forgets somebody is no line',
      properties: { 'maxmemory-policy': 'noeviction' },
    });
    const { nodeType, nodes, snapshotDays } = stage.redis;
    const replicated = nodes > 1;
    this.replicationGroup = new elasticache.CfnReplicationGroup(this, 'ReplicationGroup', {
      replicationGroupDescription: 'The line, the window and the ledger of the pipeline',
      engine: context.redisEngine,
      engineVersion,
      cacheNodeType: nodeType,
      cacheParameterGroupName: parameters.ref,
      cacheSubnetGroupName: subnets.ref,
      securityGroupIds: [group.securityGroupId],
      port: PORT,
      // One shard: every script names its keys from one root.
      numNodeGroups: 1,
      replicasPerNodeGroup: nodes - 1,
      automaticFailoverEnabled: replicated,
      multiAzEnabled: replicated,
      transitEncryptionEnabled: true,
      atRestEncryptionEnabled: true,
      kmsKeyId: key.keyArn,
      authToken: secret.secretValue.unsafeUnwrap(),
      snapshotRetentionLimit: snapshotDays,
      ...(snapshotDays > 0 && { snapshotWindow: '03:00-04:00' }),
      preferredMaintenanceWindow: 'sun:04:30-sun:05:30',
      autoMinorVersionUpgrade: true,
    });
    // The line and the ledger, should somebody want them back.
    if (stage.isKept) this.replicationGroup.applyRemovalPolicy(RemovalPolicy.SNAPSHOT);
    this.replicationGroup.addResourceDependency(secret.node.defaultChild as secretsmanager.CfnSecret);
    this.host = this.replicationGroup.attrPrimaryEndPointAddress;
    this.port = String(PORT);
  }

  /** What a client's environment says of it. */
  get environment() {
    return {
      REDIS_HOST: this.host,
      REDIS_PORT: this.port,
      REDIS_TLS: 'true',
      REDIS_AUTH_TOKEN_SECRET_ARN: this.authSecret.secretArn,
      REDIS_AUTH_TOKEN: undefined,
    };
  }

  /** The group's ARN, for those who change its token. */
  get replicationGroupArn(): string | undefined {
    return (
      this.replicationGroup &&
      Stack.of(this).formatArn({
        service: 'elasticache',
        resource: 'replicationgroup',
        resourceName: this.replicationGroup.ref,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      })
    );
  }

  /** Lets a client in. */
  allow(client: ec2.SecurityGroup, what: string): void {
    const port = ec2.Port.tcp(Number(this.port));
    client.addEgressRule(this.securityGroup, port, 'Redis');
    this.securityGroup.addIngressRule(client, port, what);
  }
}
