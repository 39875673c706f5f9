import type { OperationRecord } from '@huntaze/core/lua';
import type { OperationRequest } from '@huntaze/core/operations';
import type { Api } from '../compose.ts';
import type { Letter } from '../dead-letters/letter.ts';
import { conflict } from '../http/problem.ts';
import { askAgain, isOver, type Repeated } from './again.ts';
import { readResult } from './kept-result.ts';
import { refused } from './refused.ts';

/**
 * What an operation that has failed or is dead asked for.
 * @throws Refusal 409 in plain words where it can't be asked for again; 503
 */
export async function requestOf(api: Api, record: OperationRecord, now: number): Promise<OperationRequest> {
  const { id, creator, state } = record;
  if (state !== 'failed' && state !== 'dead') throw conflict(WHY_NOT[state]);
  const { result } = (await readResult(api, { creatorId: creator, operationId: id })) ?? {};
  if (result === undefined)
    throw conflict('its result is gone, and with it what was asked for: ask for it anew');
  const { resolved, request } = result;
  if (resolved?.as === 'sent_again') throw conflict(`it was sent again, as ${resolved.operation_id}`);
  if (resolved !== undefined)
    throw conflict(
      'nobody knows whether it took effect, and it was given up: ask for it anew if it is to be done',
    );
  if (request === undefined) throw conflict('what was asked for can’t be read: ask for it anew');
  const over = isOver(request, now);
  if (over !== undefined) throw conflict(over);
  return request;
}

const NOT_KEPT = 'what was asked for is kept nowhere: ask for it anew';
const UNDER_WAY = 'it is on its way: there is nothing to ask for again';
const WHY_NOT: Record<Exclude<OperationRecord['state'], 'failed' | 'dead'>, string> = {
  pending: UNDER_WAY,
  waiting: UNDER_WAY,
  forwarded: UNDER_WAY,
  running: 'it is running: wait for its end',
  succeeded: 'it has succeeded: there is nothing to ask for again',
  cancelled: `it was cancelled, and ${NOT_KEPT}`,
  expired: `it has expired, and ${NOT_KEPT}`,
  outcome_unknown: 'nobody knows whether it took effect: an operator says first what is to be held of it',
};

/**
 * Asks again for an operation that has failed or is dead. Of one that is dead the letters go, as if they had been redriven.
 * @throws Refusal 409, 422, 503
 */
export async function retry(
  api: Api,
  record: OperationRecord,
  request: OperationRequest,
  now: number,
): Promise<Repeated> {
  try {
    if (record.state !== 'dead') return await askAgain(api, { of: record.id, request }, now);
    return await api.deadLetters.hold(async hands => {
      const { fresh } = await hands.more();
      const letters = fresh.filter(isOf(record));
      const again = await askAgain(api, { of: record.id, request }, now);
      // What stays is deleted when it is redriven: it is known by then which operation repeats it.
      await hands.remove(letters);
      return again;
    });
  } catch (error) {
    throw refused(error);
  }
}

function isOf({ id, creator }: OperationRecord): (letter: Letter) => boolean {
  return ({ operationId, creatorId }) => operationId === id && creatorId === creator;
}
