import type { Message } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { toRecord, type Source } from './event.ts';

/**
 * What one invocation may be given, and what it may answer: the quota of synchronous invocations.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_PAYLOAD_BYTES = 6 * 1_024 * 1_024;

/** Around the records of an event. */
const FRAME_BYTES = Buffer.byteLength('{"Records":[]}');

/** The messages of one invocation while they are gathered: as many as it may have, and no more than 6 MB. */
export class Batch {
  readonly messages: Message[] = [];
  readonly records: SQSRecord[] = [];
  /** What was received for this batch and does not go into its 6 MB: the beginning of the next one. */
  readonly tooMuch: Message[] = [];
  /** When the first of them was received; undefined while it is empty. Milliseconds since the epoch. */
  receivedAt: number | undefined;
  #bytes = FRAME_BYTES;
  readonly #source: Source;
  readonly #size: number;

  constructor(source: Source, size: number) {
    this.#source = source;
    this.#size = size;
  }

  /** How many more messages it takes. */
  get room(): number {
    return this.tooMuch.length > 0 ? 0 : this.#size - this.messages.length;
  }

  /** @param receivedAt milliseconds since the epoch */
  add(messages: readonly Message[], receivedAt: number): void {
    if (messages.length > 0) this.receivedAt ??= receivedAt;
    for (const message of messages) {
      const record = toRecord(message, this.#source);
      const bytes = Buffer.byteLength(JSON.stringify(record)) + 1; // and a comma
      // Once one is left over, all behind it are: on a FIFO queue their order is their group's.
      if (this.tooMuch.length > 0 || this.#bytes + bytes > MAX_PAYLOAD_BYTES) {
        this.tooMuch.push(message);
        continue;
      }
      this.#bytes += bytes;
      this.messages.push(message);
      this.records.push(record);
    }
  }
}
