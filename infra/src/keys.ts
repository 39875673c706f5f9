import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Context } from './context.ts';
import type { Stage } from './stage.ts';

/** Once a year is AWS's default; the requirement is that it is automatic (8.3). */
const ROTATION = Duration.days(365);

/** The keys of the installation: one for each kind of data, so that whoever may read one kind can't read another. */
export class Keys extends Construct {
  /** The queues' messages. */
  readonly queues: kms.IKey;
  /** Results, logs, Redis at rest, and the secrets. */
  readonly data: kms.Key;
  /** The creators' credentials: ours, and the one of those that exist. */
  readonly credentials: kms.IKey[];
  /** The creators' sessions at the site: sealed by the scraper itself, and read by nobody else. */
  readonly sessions: kms.Key;
  /** What the audit trail has written. */
  readonly trail: kms.Key;

  constructor(scope: Construct, id: string, { stage, context }: { stage: Stage; context: Context }) {
    super(scope, id);
    const { queueKeyArn, credentialsKeyArn } = context;
    const key = (name: string, description: string, removalPolicy = stage.removalPolicy) =>
      new kms.Key(this, name, {
        alias: `huntaze/${stage.name}/${name.toLowerCase()}`,
        description,
        enableKeyRotation: true,
        rotationPeriod: ROTATION,
        removalPolicy,
        pendingWindow: Duration.days(stage.isKept ? 30 : 7),
      });
    this.queues = queueKeyArn
      ? kms.Key.fromKeyArn(this, 'Queues', queueKeyArn)
      : key('Queues', 'Messages in the pipeline’s queues');
    this.data = key('Data', 'Results, logs, Redis at rest, secrets');
    this.sessions = key('Sessions', 'The creators’ sessions at the site');
    // What it locks outlives the stack in every stage.
    this.trail = key('Trail', 'The audit trail', RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    this.credentials = [
      this.data,
      ...(credentialsKeyArn === undefined
        ? []
        : [kms.Key.fromKeyArn(this, 'Credentials', credentialsKeyArn)]),
    ];
    allowLogGroups(this.data);
  }
}

/** CloudWatch Logs uses a key by itself, and only where the key's policy says so. */
function allowLogGroups(key: kms.Key): void {
  const { partition, region, account } = Stack.of(key);
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
        },
      },
    }),
  );
}
