import { hash } from 'node:crypto';
import type { Input } from '../input.ts';
import {
  invalidMessageContents,
  invalidParameter,
  invalidValue,
  messageTooLong,
  missingParameter,
  wrongQueueType,
} from './errors.ts';
import type { Draft } from './message.ts';
import {
  attributesSize,
  FORBIDDEN_CHARACTER,
  readMessageAttributes,
  readSystemAttributes,
} from './message-attributes.ts';
import type { Queue } from './queue.ts';

/** Group, deduplication and attempt ids: 1 to 128 printable ASCII characters without a space. */
const FIFO_ID = /^[!-~]{1,128}$/;

/**
 * Reads the fields of SendMessage, or of one entry of SendMessageBatch, and checks them for `queue`.
 * @throws MissingParameter, InvalidParameterValue, InvalidMessageContents in AWS's words
 */
export function readDraft(input: Input, queue: Queue): Draft {
  const body = input.requiredString('MessageBody');
  const forbidden = FORBIDDEN_CHARACTER.exec(body);
  if (forbidden !== null) throw invalidMessageContents(forbidden[0].codePointAt(0) ?? 0);
  const draft: Draft = {
    body,
    md5OfBody: hash('md5', body),
    attributes: readMessageAttributes(input),
    systemAttributes: readSystemAttributes(input),
    delayMs: readDelay(input, queue),
    groupId: readFifoId(input, 'MessageGroupId'),
    deduplicationId: readFifoId(input, 'MessageDeduplicationId'),
  };
  // A standard queue takes a group id too: it makes a fair queue of it.
  if (queue.fifo && draft.groupId === undefined) throw missingParameter('MessageGroupId');
  if (!queue.fifo && draft.deduplicationId !== undefined)
    throw wrongQueueType(draft.deduplicationId, 'MessageDeduplicationId');
  return draft;
}

/** @throws InvalidParameterValue if the message is longer than `queue` allows */
export function checkSize(draft: Draft, queue: Queue): void {
  const limit = queue.settings.maximumMessageBytes;
  if (draftSize(draft) > limit) throw messageTooLong(limit);
}

/** What counts against the size limit: body and attributes. System attributes don't. Bytes. */
export function draftSize(draft: Pick<Draft, 'body' | 'attributes'>): number {
  return Buffer.byteLength(draft.body) + attributesSize(draft.attributes);
}

function readDelay(input: Input, queue: Queue): number | undefined {
  const seconds = input.integer('DelaySeconds');
  if (seconds === undefined) return undefined;
  if (seconds < 0 || seconds > 900)
    throw invalidValue(seconds, 'DelaySeconds', 'DelaySeconds must be >= 0 and <= 900.');
  // A FIFO queue has one delay for all: single ones would reorder it. 0 changes nothing and is let through.
  if (queue.fifo && seconds > 0) throw wrongQueueType(seconds, 'DelaySeconds');
  return queue.fifo ? undefined : seconds * 1_000;
}

/** Reads an id that FIFO queues know. @throws InvalidParameterValue */
export function readFifoId(input: Input, name: string): string | undefined {
  const id = input.string(name);
  if (id === undefined) return undefined;
  if (!FIFO_ID.test(id))
    throw invalidParameter(
      `The parameter ${name} is invalid. Reason: ${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
    );
  return id;
}
