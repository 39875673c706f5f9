import { createHash } from 'node:crypto';
import { newOperationId } from '@huntaze/core/ids';
import {
  readOperation,
  resolveOutcome,
  VOIDED,
  type OperationRecord,
  type Resolution,
} from '@huntaze/core/lua';
import type * as z from 'zod/mini';
import type { Api } from '../compose.ts';
import { fromLine } from '../http/from-line.ts';
import { conflict, notFound } from '../http/problem.ts';
import { acceptOperation } from './accept.ts';
import { isOver } from './again.ts';
import { readResult, writeResult, type KeptResult, type resolution } from './kept-result.ts';
import { refused } from './refused.ts';

type Settlement = z.infer<typeof resolution>;

/** What somebody says of an operation whose outcome is unknown. */
export interface Word {
  as: Resolution;
  /** The token by which it is said. */
  by: string;
  note?: string | undefined;
}

/** The result of an operation that can be settled, or was by the same word. */
interface Open {
  result: KeptResult;
  etag: string;
}

/** How often a result is read again that somebody else writes meanwhile. */
const MOST_READS = 3;
/** How often what is to be sent again can fail to be sent. */
const MOST_SENDS = 20;
/** Below the day for which accept.lua remembers a key (ms). */
const REMEMBERED_MS = 23 * 3_600_000;

/**
 * Whether a word can be said of an operation: nobody has said another, and there is what it needs.
 * @throws Refusal 409, 503
 */
export async function mayResolve(
  api: Api,
  record: OperationRecord,
  as: Resolution,
  now: number,
): Promise<Open> {
  const kept = await readResult(api, { creatorId: record.creator, operationId: record.id });
  const said = kept?.result.resolved;
  if (said !== undefined && said.as !== as) throw conflict(`it was settled before, as ${inWords(said)}`);
  if (said === undefined && record.state !== 'outcome_unknown')
    throw conflict(`it is ${record.state}: there is nothing to settle`);
  if (kept === undefined) throw conflict('its result is gone, in which it would be settled');
  const { result } = kept;
  if (said === undefined && result.status !== 'outcome_unknown')
    throw conflict(`by its result it is ${result.status}: there is nothing to settle`);
  if (said === undefined && as === 'sent_again') {
    if (result.request === undefined) throw conflict('what was asked for is not kept: ask for it anew');
    const over = isOver(result.request, now);
    if (over !== undefined) throw conflict(over);
  }
  return kept;
}

function inWords({ as, by, at, operation_id }: Settlement): string {
  return `${as} by ${by} at ${at}${as === 'sent_again' && operation_id ? `: it is ${operation_id}` : ''}`;
}

/**
 * Settles an operation whose outcome is unknown by a person's word. Said again, it changes nothing; another word is refused.
 *
 * It is settled in S3 first. There the first of two is told by the object's ETag, and what was decided outlives Redis, which
 * only shows it: were Redis first, one that loses its memory in between would ask a second time, and could be told
 * something else. Whatever breaks off after S3 is brought to its end by saying the same again. What is sent again has its
 * id in S3 before it is accepted, so that it is the same operation however often that is begun.
 * @returns the operation that repeats it, if it is sent again
 * @throws Refusal 404, 409, 503
 */
export async function resolve(
  api: Api,
  record: OperationRecord,
  word: Word,
  now: number,
): Promise<{ again?: string }> {
  const settlement = await settleInS3(api, record, word, now);
  const again = word.as === 'sent_again' ? await sendAgain(api, record, settlement, now) : undefined;
  const resolved = await fromLine(
    resolveOutcome(
      api.redis,
      { operationId: record.id, as: word.as, again, ...endOf(word.as, again) },
      api.lineNow?.(),
    ),
  );
  switch (resolved.is) {
    case 'resolved':
      return again === undefined ? {} : { again };
    case 'another':
      throw conflict(`it was settled before, as ${resolved.as}`);
    case 'state':
      throw conflict(`it is ${resolved.state}: there is nothing to settle`);
    case 'unknown':
      throw notFound('operation');
  }
}

/** The end that follows from a word. */
function endOf(as: Resolution, again: string | undefined): { state: 'succeeded' | 'failed'; error?: string } {
  switch (as) {
    case 'confirmed':
      return { state: 'succeeded' };
    case 'sent_again':
      return { state: 'failed', error: `sent again as ${again}` };
    case 'given_up':
      return { state: 'failed', error: 'given up: nobody knows whether it took effect' };
  }
}

/** The result with what was said in it, written over the one that says that nobody knows. */
async function settleInS3(api: Api, record: OperationRecord, word: Word, now: number): Promise<Open> {
  for (let reads = 1; ; reads += 1) {
    const open = await mayResolve(api, record, word.as, now);
    if (open.result.resolved !== undefined) return open;
    const { as, by, note } = word;
    const { error: unknown, ...rest } = open.result;
    const operation_id = as === 'sent_again' ? (api.newId ?? newOperationId)(now) : undefined;
    const { state, error } = endOf(as, operation_id);
    const resolved: Settlement = {
      as,
      by,
      at: new Date(now).toISOString(),
      ...(note !== undefined && { note }),
      ...(unknown !== undefined && { error: unknown }),
      ...(operation_id !== undefined && { operation_id }),
    };
    const result = { ...rest, status: state, ...(error !== undefined && { error }), resolved };
    if (
      await writeResult(
        api,
        { creatorId: record.creator, operationId: record.id },
        { result, etag: open.etag },
      )
    )
      return { ...open, result };
    // Somebody else was faster, or this very write was repeated by the client after its answer was lost.
    if (reads === MOST_READS) throw conflict('somebody else changes its result: look at it, and try again');
  }
}

/**
 * Asks for it again under the id that was decided on; where that could not be sent, and is void, under the next.
 * @returns the id
 */
async function sendAgain(api: Api, record: OperationRecord, { result }: Open, now: number): Promise<string> {
  const { request, resolved } = result;
  const named = resolved?.operation_id;
  if (request === undefined || named === undefined)
    throw conflict('what was asked for is not kept: ask for it anew');
  for (let n = 1; n <= MOST_SENDS; n += 1) {
    const id = n === 1 ? named : `${named}.${n}`;
    const known = await fromLine(readOperation(api.redis, api.limit, id, api.lineNow?.()));
    if (known?.state === 'cancelled' && known.error === VOIDED) continue;
    // As long as its key is remembered, one that is pending is sent again by it, should that have been broken off.
    const isRemembered = known?.state === 'pending' && now - (known.at.pending ?? 0) < REMEMBERED_MS;
    if (known !== undefined && !isRemembered) return id;
    const idempotency = {
      key: createHash('sha256').update(`sent again:${id}`).digest('hex'),
      fingerprint: '',
    };
    try {
      await acceptOperation({ ...api, newId: () => id }, request, idempotency, now, { of: record.id });
    } catch (error) {
      throw refused(error);
    }
    return id;
  }
  throw conflict(`it could not be sent ${MOST_SENDS} times: give it up, and ask for it anew`);
}
