import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { API_PREFIXES, PREFIXES } from '@huntaze/core/names';
import {
  INCOMPLETE_UPLOAD_DAYS,
  JOURNAL_DAYS,
  OLD_VERSION_DAYS,
  SESSION_DAYS,
} from '@huntaze/core/retention';
import { Construct } from 'constructs';
import type { Stage } from './stage.ts';

const OLD_VERSIONS = Duration.days(OLD_VERSION_DAYS);

/** The bucket of results, and the one in which it is noted who asked for what. */
export class Storage extends Construct {
  readonly results: s3.Bucket;
  readonly accessLogs: s3.Bucket;
  /**
   * For whoever reads results: only those of the creator that the reader's role or user is tagged with
   * (`creator_id`), so that nobody gets another creator's.
   */
  readonly reader: iam.ManagedPolicy;

  constructor(scope: Construct, id: string, { stage, key }: { stage: Stage; key: kms.IKey }) {
    super(scope, id);
    const common = {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      removalPolicy: stage.removalPolicy,
    };
    const incomplete = { abortIncompleteMultipartUploadAfter: Duration.days(INCOMPLETE_UPLOAD_DAYS) };
    this.accessLogs = new s3.Bucket(this, 'AccessLogs', {
      ...common,
      // Load balancers write under no other encryption.
      encryption: s3.BucketEncryption.S3_MANAGED,
      lifecycleRules: [
        {
          ...incomplete,
          expiration: Duration.days(stage.keptDays.trail),
          noncurrentVersionExpiration: OLD_VERSIONS,
        },
      ],
    });
    this.results = new s3.Bucket(this, 'Results', {
      ...common,
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: 'results-bucket/',
      lifecycleRules: [
        { ...incomplete, noncurrentVersionExpiration: OLD_VERSIONS, expiredObjectDeleteMarker: true },
        { prefix: `${PREFIXES.results}/`, expiration: Duration.days(stage.keptDays.results) },
        { prefix: `${PREFIXES.journal}/`, expiration: Duration.days(JOURNAL_DAYS) },
        { prefix: `${PREFIXES.sessions}/`, expiration: Duration.days(SESSION_DAYS) },
        { prefix: `${API_PREFIXES.audit}/`, expiration: Duration.days(stage.keptDays.trail) },
      ],
    });
    const ofOwnCreator = `${PREFIXES.results}/\${aws:PrincipalTag/creator_id}/*`;
    this.reader = new iam.ManagedPolicy(this, 'Reader', {
      description: 'Reads the results of the creator that its principal is tagged with (creator_id)',
      statements: [
        new iam.PolicyStatement({
          actions: ['s3:GetObject'],
          resources: [this.results.arnForObjects(ofOwnCreator)],
          conditions: { Null: { 'aws:PrincipalTag/creator_id': 'false' } },
        }),
        new iam.PolicyStatement({
          actions: ['kms:Decrypt'],
          resources: [key.keyArn],
          conditions: {
            StringEquals: {
              'kms:ViaService': `s3.${Stack.of(this).region}.amazonaws.com`,
              'kms:EncryptionContext:aws:s3:arn': this.results.bucketArn,
            },
          },
        }),
      ],
    });
  }
}
