import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Stage } from './stage.ts';

/** Makes the installation's log groups: encrypted, and kept as long as the stage says. */
export class Logs {
  readonly #stage: Stage;
  readonly #key: kms.IKey;

  constructor(stage: Stage, key: kms.IKey) {
    this.#stage = stage;
    this.#key = key;
  }

  group(scope: Construct, id: string, name: string): logs.LogGroup {
    return new logs.LogGroup(scope, id, {
      logGroupName: name,
      encryptionKey: this.#key,
      retention: this.#stage.keptDays.logs as logs.RetentionDays,
      removalPolicy: this.#stage.removalPolicy,
    });
  }
}
