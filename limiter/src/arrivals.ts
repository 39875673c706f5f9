import { ATTRIBUTES } from '@huntaze/core/names';
import { readEnvelope, UnreadableMessage } from '@huntaze/core/envelope';
import type { Arrival } from '@huntaze/core/lua';
import type { SQSRecord } from 'aws-lambda';
import { packAttributes } from './attributes.ts';

/** A message that can't be put in line, and why. It will never be readable, so it is dead-lettered at once. */
export interface Unreadable {
  record: SQSRecord;
  reason: string;
}

/** Reads what the line needs of every message of a batch; body and attributes are carried along untouched. */
export function readArrivals(records: SQSRecord[]): { arrivals: Arrival[]; unreadable: Unreadable[] } {
  const arrivals: Arrival[] = [];
  const unreadable: Unreadable[] = [];
  for (const record of records) {
    try {
      arrivals.push(readArrival(record));
    } catch (error) {
      if (!(error instanceof UnreadableMessage)) throw error;
      unreadable.push({ record, reason: error.message });
    }
  }
  return { arrivals, unreadable };
}

function readArrival(record: SQSRecord): Arrival {
  const envelope = readEnvelope(record.body);
  return {
    operationId: envelope.operationId ?? record.messageId,
    creatorId: envelope.creatorId,
    kind: envelope.kind,
    // Producers that set no sequence are ordered by the time at which SQS took the message.
    sequence: digitsOf(record, ATTRIBUTES.sequence) ?? `${record.attributes.SentTimestamp}000`,
    follows: digitsOf(record, ATTRIBUTES.follows),
    notAfter: envelope.notAfter,
    messageId: record.messageId,
    receiptHandle: record.receiptHandle,
    receives: Number(record.attributes.ApproximateReceiveCount),
    body: record.body,
    attributes: packAttributes(record.messageAttributes),
  };
}

// Sixteen digits hold microseconds until the year 2286, and a double holds them exactly up to 9 * 10^15.
function digitsOf(record: SQSRecord, name: string): string | undefined {
  const value = record.messageAttributes[name]?.stringValue;
  return value !== undefined && /^\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value))
    ? value
    : undefined;
}
