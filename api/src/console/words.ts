import type { WaitsFor } from '@huntaze/core/lua';
import type { State } from '@huntaze/core/operations';
import { spanOf } from '@huntaze/core/times';
import type { ShownOperation } from '../operations/describe.ts';
import { fromNow, since, took } from './times.ts';
import type { Tone } from './types.ts';

/** Why an operation waits that isn't only waiting for its turn. */
const REASONS: Record<Exclude<WaitsFor, 'turn'>, string> = {
  message:
    'its message has not been seen: it is on its way, or was never sent. Ask again under its key, or cancel it',
  predecessor: 'waits for the operation before it, which has not been seen yet',
  copy: 'waits for its message, which is not kept in the line, to come again',
  paused: 'its creator is paused',
  erasing: 'its creator is being erased',
  login: 'the site does not let its creator in: a person is needed',
  refused: 'the site wants nothing of its creator for a while',
  kind_paused: 'its kind, or that of the one before it, is paused for everybody',
  line_paused: 'everything is paused',
  site_closed: 'the site wants nothing more for a while',
  unfinished: 'waits for some of those that were let through to end',
  lost_memory: 'the line has lost its memory: a window has to pass',
};

/** The words for what an operation waits for; of what is newer than they are, the name. */
function because(waits_for: string): string {
  return waits_for in REASONS ? REASONS[waits_for as keyof typeof REASONS] : waits_for.replaceAll('_', ' ');
}

/** How a state is painted: what goes its way is calm, only what should be looked at stands out. */
export function tone(state: State): Tone | 'idle' {
  switch (state) {
    case 'succeeded':
      return 'good';
    case 'running':
      return 'busy';
    case 'expired':
      return 'wait';
    case 'failed':
    case 'dead':
    case 'outcome_unknown':
      return 'bad';
    default:
      return 'idle';
  }
}

/** A state as it is read: "outcome unknown". */
export function stateWord(state: State): string {
  const words = state.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What an operation does, waits for and until when, or how it ended, in words. */
export function explain(operation: ShownOperation, now: number): string {
  const { state, position, expected_at, waits_for, retry_at, error, at } = operation;
  const until = (time: string | undefined) =>
    time === undefined ? '' : ` ${fromNow(Math.max(now, Date.parse(time)), now)}`;
  const latest = operation.until === undefined ? '' : `, at the latest${until(operation.until)}`;
  switch (state) {
    case 'pending':
    case 'waiting':
      if (waits_for !== undefined && waits_for !== 'turn') return because(waits_for) + latest;
      return `number ${position ?? '?'} in the line, its slot${until(expected_at)}`;
    case 'forwarded':
      if (waits_for !== undefined && waits_for !== 'turn') return because(waits_for) + latest;
      if (retry_at !== undefined) return `tried again${until(retry_at)}${error ? `: ${error}` : ''}`;
      return 'admitted, waits for the operation before it or for the site’s slot';
    case 'running':
      return `for ${spanOf(now - Date.parse(at.running ?? ''))}`;
    case 'succeeded': {
      const ended = Date.parse(at.succeeded ?? '');
      return `took ${took(ended - Date.parse(at.running ?? ''))}, ${since(now - ended)} ago`;
    }
    default:
      return error ?? '';
  }
}
