// What the limiter takes of AWS's client for SQS, and nothing else: what its bundle is held against.
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

/**
 * Exported, so that the bundler keeps it.
 * @public
 */
export const taken = [
  SQSClient,
  SendMessageCommand,
  SendMessageBatchCommand,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
];
