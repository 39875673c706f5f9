import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { packAttributes, unpackAttributes, withReason } from './attributes.ts';
import type { Unreadable } from './arrivals.ts';
import { timeoutOf, type Budget } from './budget.ts';

/**
 * Puts a message that can never be put in line into the dead letter queue, with the reason as an attribute.
 * Returns the error if that failed: then the message must be kept where it is.
 */
export async function refuse(
  sqs: Pick<SQSClient, 'send'>,
  deadLetterQueueUrl: string,
  { record, reason }: Unreadable,
  budget: Budget,
): Promise<string | undefined> {
  try {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MessageBody: record.body,
        MessageAttributes: withReason(unpackAttributes(packAttributes(record.messageAttributes)), reason),
      }),
      timeoutOf(budget),
    );
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
