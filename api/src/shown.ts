import type { WaitsFor } from '@huntaze/core/lua';
import type { State } from '@huntaze/core/operations';
import { inTime, spanOf } from '@huntaze/core/times';

/** An operation as the API's list has it; what the page needs of it. */
export interface Shown {
  operation_id: string;
  creator_id: string;
  kind: string;
  state: State;
  position?: number;
  expected_at?: string;
  waits_for?: WaitsFor;
  until?: string;
  retry_at?: string;
  error?: string;
  at: Partial<Record<State, string>>;
}

/** Why an operation waits that isn't only waiting for its turn. */
const REASONS: Record<Exclude<WaitsFor, 'turn'>, string> = {
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

/** How a state is painted: going well, at work, waiting, or in need of a look. */
export function tone(state: State): 'good' | 'busy' | 'wait' | 'bad' {
  switch (state) {
    case 'succeeded':
      return 'good';
    case 'running':
      return 'busy';
    case 'pending':
    case 'waiting':
    case 'forwarded':
      return 'wait';
    default:
      return 'bad';
  }
}

/** What an operation does, waits for and until when, or how it ended, in words. */
export function explain(operation: Shown, now: number): string {
  const { state, position, expected_at, waits_for, retry_at, error, at } = operation;
  const until = (time: string | undefined) =>
    time === undefined ? '' : ` ${inTime(Date.parse(time) - now)}`;
  const latest = operation.until === undefined ? '' : `, at the latest${until(operation.until)}`;
  switch (state) {
    case 'pending':
    case 'waiting':
      if (waits_for !== undefined && waits_for !== 'turn') return REASONS[waits_for] + latest;
      return `number ${position ?? '?'} in the line, its slot${until(expected_at)}`;
    case 'forwarded':
      if (waits_for !== undefined && waits_for !== 'turn') return REASONS[waits_for] + latest;
      if (retry_at !== undefined) return `tried again${until(retry_at)}${error ? `: ${error}` : ''}`;
      return 'admitted, waits for the operation before it or for the site’s slot';
    case 'running':
      return `since ${spanOf(now - Date.parse(at.running ?? ''))}`;
    case 'succeeded': {
      const ended = Date.parse(at.succeeded ?? '');
      return `took ${took(ended - Date.parse(at.running ?? ''))}, ${spanOf(now - ended)} ago`;
    }
    default:
      return error ?? '';
  }
}

/** How long something took: with a decimal where seconds are few. */
function took(ms: number): string {
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : spanOf(ms);
}

/** All of them in one sentence. */
export function verdict(operations: readonly Shown[], now: number): string {
  if (operations.length === 0) return 'No operation yet.';
  const count = (...tones: string[]) =>
    operations.filter(operation => tones.includes(tone(operation.state))).length;
  const next = operations
    .flatMap(operation => (operation.expected_at === undefined ? [] : Date.parse(operation.expected_at)))
    .sort((a, b) => a - b)[0];
  const parts = [
    `${count('good')} of the last ${operations.length} succeeded`,
    ...(count('busy') > 0 ? [`${count('busy')} running`] : []),
    ...(count('wait') > 0
      ? [`${count('wait')} waiting${next === undefined ? '' : `, the next slot ${inTime(next - now)}`}`]
      : []),
    ...(count('bad') > 0 ? [`${count('bad')} ${count('bad') === 1 ? 'needs' : 'need'} a look`] : []),
  ];
  return `${parts.join('; ')}.`;
}
