import { expect, test } from 'vitest';
import { byTrouble, CREATOR_STATES, needsPerson, selected } from './order.ts';
import type { Creator } from '../types.ts';

const creator = (creator_id: string, more: Partial<Creator> = {}): Creator => ({
  creator_id,
  state: 'ready',
  pending: 0,
  waiting: 0,
  forwarded: 0,
  running: 0,
  outcome_unknown: 0,
  ...more,
});

test('who needs a person comes first, then the states by their trouble, then the longest backlog', () => {
  const creators = [
    creator('idle', { state: 'idle' }),
    creator('few', { waiting: 1 }),
    creator('many', { waiting: 1, running: 1 }),
    creator('paused', { state: 'paused' }),
    creator('asks', { outcome_unknown: 1 }),
    creator('login', { state: 'needs_login' }),
    creator('also-few', { pending: 1 }),
  ];
  expect(creators.sort(byTrouble).map(({ creator_id }) => creator_id)).toEqual([
    'login',
    'asks',
    'paused',
    'many',
    'also-few',
    'few',
    'idle',
  ]);
});

test('only what a person has to decide asks for one', () => {
  expect(CREATOR_STATES.filter(state => needsPerson(creator('ada', { state })))).toEqual([
    'needs_login',
    'outcome_unknown',
  ]);
});

test('a search goes through names, in any case; a state narrows it', () => {
  const creators = [creator('Ada'), creator('adam', { state: 'paused' }), creator('bea')];
  const names = (state: string | undefined, words: string) =>
    selected(creators, { state, words }).map(({ creator_id }) => creator_id);
  expect(names(undefined, ' ADA ')).toEqual(['adam', 'Ada']);
  expect(names('paused', '')).toEqual(['adam']);
});
