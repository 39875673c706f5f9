import * as core from '@huntaze/core/operations';
import { expect, test } from 'vitest';
import { areSame, filterOf, fits, operationsPath, queryOf, VIEWS } from './filter.ts';
import { END_STATES, hasEnded, KINDS, STATES } from './states.ts';
import { operation } from './test-operation.ts';

test('the states and kinds are those of the pipeline, in its order', () => {
  expect(STATES).toEqual(core.STATES);
  expect(KINDS).toEqual(core.KINDS);
  expect(STATES.filter(hasEnded)).toEqual(core.STATES.filter(core.isEnded));
  expect(END_STATES).toEqual(core.STATES.filter(core.isEnded));
});

test('an address and its filter are the same thing', () => {
  const query = 'creator=ada&state=waiting,failed&kind=message.send';
  const filter = filterOf(Object.fromEntries(new URLSearchParams(query)));
  expect(filter).toEqual({ creator: 'ada', states: ['waiting', 'failed'], kind: 'message.send' });
  expect(queryOf(filter)).toBe(query);
  expect(operationsPath(filter)).toBe(`/operations?${query}`);
  expect(operationsPath(filterOf({}))).toBe('/operations');
});

test('whatever the order of the states, the address is one', () => {
  expect(queryOf(filterOf({ state: 'failed,waiting' }))).toBe(queryOf(filterOf({ state: 'waiting,failed' })));
});

test.each([
  { creator: '../ada' },
  { creator: '' },
  { state: 'nonsense' },
  { state: '' },
  { kind: 'message' },
  { creator: undefined },
])('what can’t be asked for is left out: %o', given => {
  expect(queryOf(filterOf(given))).toBe('');
});

test('an operation fits what all parts of the filter say', () => {
  const one = operation('op-1', { state: 'waiting' });
  expect(fits(filterOf({}), one)).toBe(true);
  expect(fits(filterOf({ creator: 'ada', state: 'waiting,failed', kind: 'profile.scrape' }), one)).toBe(true);
  expect(fits(filterOf({ creator: 'bea' }), one)).toBe(false);
  expect(fits(filterOf({ state: 'failed' }), one)).toBe(false);
  expect(fits(filterOf({ kind: 'message.send' }), one)).toBe(false);
});

test('each quick view is known again by its states', () => {
  for (const { states } of VIEWS)
    expect(VIEWS.filter(view => areSame(view.states, filterOf({ state: states.join(',') }).states))).toEqual([
      expect.objectContaining({ states }),
    ]);
});
