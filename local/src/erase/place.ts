import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';
import type { ScriptClient } from '@huntaze/core/lua';

export interface Queue {
  name: string;
  url: string;
  /** Of dead letters: what is hidden there is hidden because somebody looks at it. Elsewhere it may wait for its time. */
  isDead: boolean;
}

/** An installation as an erasure sees it: the same in AWS and on one machine. */
export interface Place {
  s3: Pick<S3Client, 'send'>;
  sqs: Pick<SQSClient, 'send'>;
  secrets: Pick<SecretsManagerClient, 'send'>;
  redis: ScriptClient;
  bucket: string;
  /** Before the creator's id in a secret's name, without the slash. */
  secretPrefix: string;
  /** Queues whose messages nobody takes: the dead letters; of an installation that stands still all of them. */
  queues: Queue[];
  /** How long a receive waits (s): with 0, SQS asks only some of its servers. */
  receiveWaitSeconds: 0 | 1;
  clock: Clock;
  /** Makes Redis forget on its disk, too, what it has forgotten; absent where that isn't ours to say. */
  compact?: () => Promise<void>;
}

/** "1 message", "2 messages". */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The erasure can't go on. Its message is one line that says why, and what to do; what was done stays done. */
export class NotErased extends Error {
  override readonly name = 'NotErased';
}
