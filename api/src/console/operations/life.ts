import type { State } from '@huntaze/core/operations';
import { stateWord, tone } from '../words.ts';
import type { Operation, Tone } from '../types.ts';
import { END_STATES, hasEnded } from './states.ts';

/** A part of an operation's life. Times are ms since the epoch. */
export interface Part {
  name: string;
  from: number;
  to: number;
  tone: Tone | 'idle';
  /** It goes on: it ends with now. */
  isOpen: boolean;
  /** How an attempt ended, if badly. */
  error?: string;
}

/** An operation's life from when it was asked for to its end, or to now. */
export interface Life {
  from: number;
  to: number;
  parts: Part[];
  /** How it ended. */
  end?: { state: State; at: number };
}

/**
 * What an operation has gone through, the first first: accepted, in line, let through, each attempt and what was waited
 * for in between. What isn't known of it (a state that was never told) is left out.
 * @param now ms since the epoch
 */
export function lifeOf(operation: Operation, now: number): Life {
  const { state, at, attempts, retry_at } = operation;
  const time = (name: State) => (at[name] === undefined ? undefined : Date.parse(at[name]));
  const endedAt = hasEnded(state) ? (time(state) ?? lastOf(END_STATES.map(time))) : undefined;
  const until = endedAt ?? now;
  const tries = (operation.tries ?? triesBy(operation)).map(({ started_at, ended_at, error }) => ({
    from: Date.parse(started_at),
    to: ended_at === undefined ? until : Date.parse(ended_at),
    isOpen: ended_at === undefined && endedAt === undefined,
    error,
  }));
  const begun = tries[0]?.from ?? time('running');

  const parts: Part[] = [];
  const add = (name: string, from: number | undefined, to: number | undefined, is: Part['tone'] = 'idle') => {
    if (from === undefined) return;
    const end = to ?? until;
    parts.push({
      name,
      from,
      to: Math.max(from, end),
      tone: is,
      isOpen: to === undefined && endedAt === undefined,
    });
  };
  const [waiting, forwarded] = [time('waiting'), time('forwarded')];
  add('Accepted', time('pending'), waiting ?? forwarded ?? begun);
  add('In line', waiting, forwarded ?? begun, 'wait');
  add('Let through', forwarded, begun, 'wait');
  // Of many attempts only the last are kept.
  const first = Math.max(attempts, tries.length) - tries.length + 1;
  for (const [i, { from, to, isOpen, error }] of tries.entries()) {
    if (i > 0) add('Waits to be tried again', tries[i - 1]!.to, from, 'wait');
    const isLast = i === tries.length - 1;
    const how = error !== undefined ? 'bad' : isLast && endedAt !== undefined ? tone(state) : 'busy';
    parts.push({
      name: `Attempt ${first + i}`,
      from,
      to: Math.max(from, to),
      tone: how,
      isOpen,
      ...(error !== undefined && { error }),
    });
  }
  const lastTry = tries.at(-1);
  if (lastTry && !lastTry.isOpen && (retry_at !== undefined || endedAt === undefined) && state !== 'running')
    add('Waits to be tried again', lastTry.to, undefined, 'wait');

  const from = Math.min(until, ...parts.map(part => part.from));
  return {
    from,
    to: Math.max(from, until, ...parts.map(part => part.to)),
    parts,
    ...(endedAt !== undefined && { end: { state, at: endedAt } }),
  };
}

/** Of an operation whose attempts weren't kept: the one that is known of. */
function triesBy({ at, state, error }: Operation): NonNullable<Operation['tries']> {
  if (at.running === undefined) return [];
  const end = hasEnded(state) ? at[state] : undefined;
  const isBad = state !== 'succeeded' && error !== undefined;
  return [
    {
      started_at: at.running,
      ...(end !== undefined && { ended_at: end }),
      ...(isBad && hasEnded(state) && { error }),
    },
  ];
}

function lastOf(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter(time => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** How an end reads: "Succeeded". */
export const endWord = ({ state }: NonNullable<Life['end']>) => stateWord(state);

/** Steps between two marks of an axis (ms), as people count time. */
const STEPS = [
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30].map(s => s * 1_000),
  ...[1, 2, 5, 10, 15, 30].map(min => min * 60_000),
  ...[1, 2, 3, 6, 12, 24, 48, 120, 240].map(h => h * 3_600_000),
];
/** So many marks at most. */
const MOST_MARKS = 4;

/** Where the marks of an axis are, ms from its beginning; the first is 0. */
export function marksOf(ms: number): number[] {
  const step = STEPS.find(one => ms / one < MOST_MARKS) ?? Math.ceil(ms / MOST_MARKS);
  return Array.from({ length: Math.floor(ms / step) + 1 }, (_, i) => i * step);
}

/** The least that a bar is wide, of the whole: nothing that has happened is unseen. */
const LEAST = 1;

/** Where a part stands on an axis from `from` to `to`, in percent of its length. */
export function placeOf(part: Pick<Part, 'from' | 'to'>, { from, to }: Life): { x: number; width: number } {
  const all = Math.max(1, to - from);
  const width = Math.max(LEAST, ((part.to - part.from) / all) * 100);
  return { x: Math.min(((part.from - from) / all) * 100, 100 - width), width };
}
