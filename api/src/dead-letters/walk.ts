import {
  ChangeMessageVisibilityBatchCommand,
  ReceiveMessageCommand,
  type Message,
  type MessageSystemAttributeName,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';

/** What walking through a queue needs. */
export interface WalkPorts {
  sqs: Pick<SQSClient, 'send'>;
  clock: Clock;
  /** How long a receive waits (s): with 0, SQS asks only some of its servers. */
  receiveWaitSeconds: 0 | 1;
}

/** How a queue is walked through. */
export interface Way {
  url: string;
  /** So long is what was received hidden (s), should this process die. */
  hiddenSeconds: number;
  /** When no more is received, ms since the epoch. */
  endsAtMs: number;
  /** So many are held at most; absent: as many as there are. */
  most?: number;
  system: MessageSystemAttributeName[];
  /** Whether the messages' own attributes are wanted. */
  attributes?: boolean;
}

/** Why a walk came to its end: nothing more is shown, it took too long, or held enough. */
export type WalkEnd = 'all' | 'late' | 'most';

/** SQS's limit for one call. */
export const BATCH = 10;
/** So many receives without a message say that there is none. */
const EMPTY_RECEIVES = 2;

/**
 * Receives what a queue shows, and holds it: what is given back earlier would only come again. Nobody takes from this queue
 * meanwhile.
 *
 * Of a FIFO queue at most ten messages of each group are shown: none behind those is given while one of them is held, so
 * that their order can't change.
 * @param held gets what was received, so that the caller has it to {@link putBack} whatever happens here
 * @param keep which of a batch are held; absent: all. The others it has done with
 */
export async function walk(
  { sqs, clock, receiveWaitSeconds }: WalkPorts,
  way: Way,
  held: Message[],
  keep: (messages: Message[]) => Message[] | Promise<Message[]> = messages => messages,
): Promise<WalkEnd> {
  for (let empty = 0; empty < EMPTY_RECEIVES;) {
    if (clock.now() > way.endsAtMs) return 'late';
    if (way.most !== undefined && held.length >= way.most) return 'most';
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: way.url,
        MaxNumberOfMessages: BATCH,
        WaitTimeSeconds: receiveWaitSeconds,
        VisibilityTimeout: way.hiddenSeconds,
        MessageSystemAttributeNames: way.system,
        ...(way.attributes && { MessageAttributeNames: ['All'] }),
      }),
    );
    empty = Messages.length === 0 ? empty + 1 : 0;
    let kept = Messages;
    try {
      kept = await keep(Messages);
    } finally {
      held.push(...kept);
    }
  }
  return 'all';
}

/**
 * Makes what is held visible at once, in the order in which it was received. What can't be given back, because its time is
 * over, is visible anyhow.
 */
export async function putBack(
  { sqs }: Pick<WalkPorts, 'sqs'>,
  { url }: Pick<Way, 'url'>,
  held: readonly Message[],
): Promise<void> {
  for (let from = 0; from < held.length; from += BATCH)
    await sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: url,
        Entries: held
          .slice(from, from + BATCH)
          .map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle, VisibilityTimeout: 0 })),
      }),
    );
}
