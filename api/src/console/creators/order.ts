import type { Creator, CreatorState, Tone } from '../types.ts';

/** How a creator's state reads, how it is painted, and how early it is shown: what needs a person comes first. */
const STATES: Record<CreatorState, { word: string; tone: Tone | 'idle'; needsPerson?: true }> = {
  needs_login: { word: 'Needs login', tone: 'bad', needsPerson: true },
  outcome_unknown: { word: 'Outcome unknown', tone: 'bad', needsPerson: true },
  refused: { word: 'Refused', tone: 'bad' },
  backing_off: { word: 'Backing off', tone: 'wait' },
  erasing: { word: 'Being erased', tone: 'wait' },
  paused: { word: 'Paused', tone: 'wait' },
  draining: { word: 'Draining', tone: 'wait' },
  waiting: { word: 'Waiting', tone: 'busy' },
  limited: { word: 'Limited', tone: 'busy' },
  ready: { word: 'Ready', tone: 'good' },
  idle: { word: 'Idle', tone: 'idle' },
};

export const CREATOR_STATES = Object.keys(STATES) as CreatorState[];

export const creatorWord = (state: CreatorState) => STATES[state].word;
export const creatorTone = (state: CreatorState) => STATES[state].tone;

/** Whether a creator comes no further until somebody does something. */
export function needsPerson({ state, outcome_unknown }: Creator): boolean {
  return STATES[state].needsPerson === true || outcome_unknown > 0;
}

/** What a creator has asked for and that hasn't ended. */
export function backlog({ pending, waiting, forwarded, running }: Creator): number {
  return pending + waiting + forwarded + running;
}

/** Trouble first: who needs a person, then by state, then the longest backlog, then by name. */
export function byTrouble(a: Creator, b: Creator): number {
  return (
    Number(needsPerson(b)) - Number(needsPerson(a)) ||
    CREATOR_STATES.indexOf(a.state) - CREATOR_STATES.indexOf(b.state) ||
    backlog(b) - backlog(a) ||
    (a.creator_id < b.creator_id ? -1 : 1)
  );
}

/** Those of a state (all: undefined) whose name has the words in it, trouble first. */
export function selected(
  creators: readonly Creator[],
  { state, words }: { state: string | undefined; words: string },
): Creator[] {
  const sought = words.trim().toLowerCase();
  return creators
    .filter(
      creator =>
        (state === undefined || creator.state === state) && creator.creator_id.toLowerCase().includes(sought),
    )
    .sort(byTrouble);
}
