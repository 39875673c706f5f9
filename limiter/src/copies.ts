import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type BatchResultErrorEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { timeoutOf, type Budget } from './budget.ts';

/** SQS's limit for one call. */
const MOST_ENTRIES = 10;

/** A copy of a message in the rate limiter queue. */
export interface Copy {
  messageId: string;
  receiptHandle: string;
}

/** Something that SQS did not do; whoever asked decides what follows. */
export interface CopyFault {
  messageId: string;
  error: string;
}

/**
 * Makes copies visible again `seconds` from now. A copy for which it fails comes back when its present
 * visibility timeout ends: late, but not lost.
 */
export function deferCopies(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  copies: (Copy & { seconds: number })[],
  budget: Budget,
): Promise<CopyFault[]> {
  return inBatches(copies, async batch => {
    const answer = await sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: batch.map((copy, index) => ({
          Id: String(index),
          ReceiptHandle: copy.receiptHandle,
          VisibilityTimeout: copy.seconds,
        })),
      }),
      timeoutOf(budget),
    );
    return answer.Failed;
  });
}

/** Deletes copies of forwarded messages. One that stays comes back, is recognised and goes then. */
export function deleteCopies(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  copies: Copy[],
  budget: Budget,
): Promise<CopyFault[]> {
  return inBatches(copies, async batch => {
    const answer = await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: batch.map((copy, index) => ({ Id: String(index), ReceiptHandle: copy.receiptHandle })),
      }),
      timeoutOf(budget),
    );
    return answer.Failed;
  });
}

async function inBatches<T extends Copy>(
  copies: T[],
  call: (batch: T[]) => Promise<BatchResultErrorEntry[] | undefined>,
): Promise<CopyFault[]> {
  const faults: CopyFault[] = [];
  // Of a copy that was far from its turn no handle is kept; it comes back by itself.
  const known = copies.filter(copy => copy.receiptHandle !== '');
  for (let start = 0; start < known.length; start += MOST_ENTRIES) {
    const batch = known.slice(start, start + MOST_ENTRIES);
    try {
      for (const failed of (await call(batch)) ?? []) {
        const copy = batch[Number(failed.Id)];
        if (copy)
          faults.push({ messageId: copy.messageId, error: `${failed.Code}: ${failed.Message ?? ''}` });
      }
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      faults.push(...batch.map(copy => ({ messageId: copy.messageId, error: reason })));
    }
  }
  return faults;
}
