import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { toEvent } from '@huntaze/local/event-source/event';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';

/** What Lambda's poller would hand over now: at most ten messages, as records. */
export async function receiveBatch(sqs: SQSClient, queueUrl: string): Promise<SQSRecord[]> {
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 0,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return toEvent(Messages ?? [], { queueArn: 'arn:aws:sqs:us-east-1:000000000000:test', region: 'us-east-1' })
    .Records;
}

/** Lambda's protocol: what the function does not list is deleted. */
export async function deleteUnlisted(
  sqs: SQSClient,
  queueUrl: string,
  records: SQSRecord[],
  answer: SQSBatchResponse,
): Promise<void> {
  const listed = new Set(answerOf(answer));
  const done = records.filter(record => !listed.has(record.messageId));
  if (done.length === 0) return;
  await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: done.map((record, i) => ({ Id: String(i), ReceiptHandle: record.receiptHandle })),
    }),
  );
}

/** The message ids that the function wants kept. */
export function answerOf(answer: SQSBatchResponse): string[] {
  return answer.batchItemFailures.map(failure => failure.itemIdentifier);
}
