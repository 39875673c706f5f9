import { cancel, endAttempt, readOperation, type OperationRecord } from '@huntaze/core/lua';
import { HAVE_EFFECTS, isEnded } from '@huntaze/core/operations';
import type { Api } from '../compose.ts';
import { fromLine } from '../http/from-line.ts';
import { askAgain, isOver, type Repeated } from '../operations/again.ts';
import { endedAs } from '../operations/kept-result.ts';
import { RECEIVED_TOO_OFTEN } from './cause.ts';
import type { Letter } from './letter.ts';

/** Whether a letter's operation can be asked for again, and what must come to its end before. */
export type Verdict =
  | { is: 'ready' }
  /** Its message is gone from its queue, but it has not ended. */
  | { is: 'open'; record: OperationRecord }
  | { is: 'no'; why: string };

const no = (why: string): Verdict => ({ is: 'no', why });
/** Why an operation ends here: by these words it is known if asking for it again is broken off after that. */
const CLOSED = 'its message was dead-lettered, and it is asked for again';
const BEGUN = 'it has begun, and nobody knows how it ended: it can only be discarded, or asked for anew';

/**
 * Whether the operation of a dead letter can be asked for again: not what has taken effect, and not what may have.
 * @throws Refusal 503
 */
export async function judge(api: Api, letter: Letter, now: number): Promise<Verdict> {
  const { request, operationId } = letter;
  if (request === undefined)
    return no('it is no operation that could be asked for again: it can only be discarded');
  const over = isOver(request, now);
  if (over !== undefined) return no(over);
  if (operationId === undefined) return { is: 'ready' };
  const record = await fromLine(readOperation(api.redis, api.limit, operationId, api.lineNow?.()));
  const creatorId = request.creator_id;
  if (record !== undefined && record.creator !== creatorId)
    return no('its id is another operation’s: it can only be discarded, or asked for anew');
  const state =
    record !== undefined && isEnded(record.state)
      ? record.state
      : await endedAs(api, { creatorId, operationId });
  if (record?.error === CLOSED) return { is: 'ready' };
  switch (state) {
    case 'failed':
    case 'dead':
      return { is: 'ready' };
    case 'succeeded':
      return no('it has succeeded: discard its letter');
    case 'outcome_unknown':
      return no('nobody knows whether it took effect: say first what is to be held of it');
    case undefined:
      break;
    default:
      return no(`it is ${state}: discard its letter, or ask for it anew`);
  }
  const hasEffect = HAVE_EFFECTS.has(request.kind);
  if (record === undefined) {
    // Whatever was tried, Redis has forgotten it, and it has left no result.
    const mayHaveBegun = letter.queue === 'scraper' && letter.cause === RECEIVED_TOO_OFTEN;
    return hasEffect && mayHaveBegun ? no(BEGUN) : { is: 'ready' };
  }
  const hasBegun = record.state === 'running' || record.tried !== undefined;
  return hasEffect && hasBegun ? no(BEGUN) : { is: 'open', record };
}

/**
 * Asks for the operation of a dead letter again. The letter stays: whoever asks deletes it, once this has come to its end.
 * @throws what acceptOperation throws; Refusal 503
 */
export async function redrive(
  api: Api,
  letter: Letter,
  now: number,
): Promise<{ operationId: string; repeated: Repeated } | { why: string }> {
  const verdict = await judge(api, letter, now);
  if (verdict.is === 'no') return { why: verdict.why };
  if (verdict.is === 'open' && !(await close(api, verdict.record))) return { why: BEGUN };
  // Those without a request are judged above.
  const repeat = { of: letter.operationId, letterId: letter.id, request: letter.request! };
  const repeated = await askAgain(api, repeat, now);
  return { operationId: repeated.operationId, repeated };
}

/**
 * Nobody has the message of an operation any more: it ends, so that it isn't waited for, and can't be done after all.
 * False: it has begun meanwhile.
 */
async function close(api: Api, { id, kind }: OperationRecord): Promise<boolean> {
  const now = api.lineNow?.();
  const { is } = await fromLine(cancel(api.redis, id, CLOSED, now));
  if (is !== 'too late') return true;
  if (HAVE_EFFECTS.has(kind)) return false;
  await fromLine(endAttempt(api.redis, { operationId: id, state: 'dead', error: CLOSED }, now));
  return true;
}
