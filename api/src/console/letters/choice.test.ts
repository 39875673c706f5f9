import { expect, test } from 'vitest';
import type { Letter } from '../types.ts';
import { choiceOf, chosenInWords, letterFilterOf, letterName, letterQueryOf, lettersPath } from './choice.ts';

const letter = (id: string): Letter => ({
  id,
  queue: 'scraper',
  cause: 'failed',
  sent_at: '2026-12-01T00:00:00Z',
});
const LETTERS = ['a', 'b', 'c'].map(letter);
const NONE = letterFilterOf({});
const nobody = new Set<string>();

test('an address and its filter are the same thing; what can’t be one is left out', () => {
  const filter = letterFilterOf({ cause: 'the site answered 5xx', creator: 'ada', queue: 'scraper' });
  expect(letterQueryOf(filter)).toBe('cause=the+site+answered+5xx&creator=ada&queue=scraper');
  expect(letterFilterOf(Object.fromEntries(new URLSearchParams(letterQueryOf(filter))))).toEqual(filter);
  expect(lettersPath(letterFilterOf({ creator: '../x', queue: 'other', cause: '' }))).toBe('/dead-letters');
});

test('what is selected is meant, and only what is still there', () => {
  expect(choiceOf(NONE, new Set(['b', 'gone']), LETTERS)).toEqual({ ids: ['b'] });
  const filter = letterFilterOf({ cause: 'failed' });
  expect(choiceOf(filter, new Set(['a', 'c']), LETTERS)).toEqual({ ids: ['a', 'c'] });
});

test('without a selection the filter is meant, with what of it can’t be seen yet', () => {
  expect(choiceOf(letterFilterOf({ cause: 'failed', queue: 'scraper' }), nobody, LETTERS)).toEqual({
    cause: 'failed',
    queue: 'scraper',
  });
});

test('without either, each that is seen is named: nobody means all by mistake', () => {
  expect(choiceOf(NONE, nobody, LETTERS)).toEqual({ ids: ['a', 'b', 'c'] });
  expect(choiceOf(NONE, new Set(['gone']), LETTERS)).toEqual({ ids: ['a', 'b', 'c'] });
});

test('where there is nothing, nothing is meant', () => {
  expect(choiceOf(letterFilterOf({ cause: 'failed' }), nobody, [])).toBeUndefined();
});

test('it is said how many', () => {
  expect(chosenInWords(new Set(['a']), LETTERS)).toBe('1 letter');
  expect(chosenInWords(nobody, LETTERS)).toBe('all 3 letters');
  expect(chosenInWords(nobody, LETTERS.slice(0, 1))).toBe('the one letter');
});

test('a letter is called by what it asks for, as far as that can be read', () => {
  expect(letterName({ ...letter('a'), kind: 'message.send', creator_id: 'ada' })).toBe('message.send of ada');
  expect(letterName({ ...letter('a'), kind: 'message.send' })).toBe('message.send');
  expect(letterName(letter('a'))).toBe('Unreadable message');
});
