import { createHash } from 'node:crypto';
import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Release } from '@huntaze/core/lua';
import { unpackAttributes, withDecision } from './attributes.ts';
import { timeoutOf, type Budget } from './budget.ts';

/** SQS's limits for one call: entries, and bytes of bodies and attributes together (1 MiB, less a reserve for attributes). */
const MOST_ENTRIES = 10;
const MOST_BYTES = 900 * 1024;

/** What is told of the decision to send them on. */
interface Decision {
  /** Ms since the epoch. */
  at: number;
  version: string;
}

export interface Forwarded {
  confirmed: Release[];
  failed: { release: Release; error: string }[];
}

/** SHA-256 of a body as it was received, by which the next queue knows it. */
export function bodyHash(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/** Whether an operation has no id of its own: its message's stands in. */
export function isNameless({ operationId, messageId }: Release): boolean {
  return operationId === messageId;
}

/**
 * Sends released messages to the FIFO queue in waves: one call carries at most one message of a creator, and
 * after a failure nothing more of that creator is sent, so that a partial failure can't let one overtake.
 * A failed send is an answer, not an exception: what isn't confirmed, or for which no time was left, is listed as
 * failed.
 */
export async function forward(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  releases: Release[],
  decision: Decision,
  budget: Budget,
): Promise<Forwarded> {
  const result: Forwarded = { confirmed: [], failed: [] };
  const stopped = new Set<string>();
  for (const wave of waves(releases)) {
    const going = wave.filter(release => !stopped.has(release.creatorId));
    for (const release of wave)
      if (stopped.has(release.creatorId))
        result.failed.push({ release, error: 'the one before it was not sent' });
    for (const call of calls(going)) {
      const { confirmed, failed } = await send(sqs, queueUrl, call, decision, budget);
      result.confirmed.push(...confirmed);
      result.failed.push(...failed);
      for (const { release } of failed) stopped.add(release.creatorId);
    }
  }
  return result;
}

/** The n-th wave holds the n-th release of every creator. */
function waves(releases: Release[]): Release[][] {
  const result: Release[][] = [];
  const seen = new Map<string, number>();
  for (const release of releases) {
    const nth = seen.get(release.creatorId) ?? 0;
    seen.set(release.creatorId, nth + 1);
    (result[nth] ??= []).push(release);
  }
  return result;
}

function calls(releases: Release[]): Release[][] {
  const result: Release[][] = [];
  let bytes = 0;
  for (const release of releases) {
    const size = Buffer.byteLength(release.body) + Buffer.byteLength(release.attributes);
    const current = result.at(-1);
    if (current && current.length < MOST_ENTRIES && bytes + size <= MOST_BYTES) {
      current.push(release);
      bytes += size;
    } else {
      result.push([release]);
      bytes = size;
    }
  }
  return result;
}

async function send(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  releases: Release[],
  decision: Decision,
  budget: Budget,
): Promise<Forwarded> {
  const entries = releases.map((release, index) => entryOf(release, index, decision));
  try {
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries });
    const answer = await sqs.send(command, timeoutOf(budget));
    const confirmed = new Set(answer.Successful?.map(entry => entry.Id));
    const errors = new Map(answer.Failed?.map(entry => [entry.Id, `${entry.Code}: ${entry.Message ?? ''}`]));
    return {
      confirmed: releases.filter((_, index) => confirmed.has(String(index))),
      failed: releases.flatMap((release, index) =>
        confirmed.has(String(index)) ? [] : { release, error: errors.get(String(index)) ?? 'not confirmed' },
      ),
    };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { confirmed: [], failed: releases.map(release => ({ release, error: reason })) };
  }
}

function entryOf(release: Release, index: number, decision: Decision): SendMessageBatchRequestEntry {
  const originals = unpackAttributes(release.attributes);
  return {
    Id: String(index),
    MessageBody: release.body,
    MessageGroupId: release.creatorId,
    // Of the body as it was received: a forward that is repeated is one message, two equal requests are two.
    MessageDeduplicationId: bodyHash(release.body),
    MessageAttributes: withDecision(originals, {
      ...decision,
      tokensRemaining: release.tokensRemaining,
      operationId: isNameless(release) ? release.operationId : undefined,
    }),
  };
}
