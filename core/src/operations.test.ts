import { describe, expect, test } from 'vitest';
import { check, operationRequest } from './operations.ts';

const message = (params: object) => ({
  kind: 'message.send',
  creator_id: 'ada',
  params: { fan_id: 'fan-1', text: 'Hi', ...params },
});
const faults = (value: unknown) => {
  const checked = check(operationRequest, value);
  return checked.ok ? [] : checked.faults.map(({ field, message: what }) => `${field} ${what}`);
};

describe('a request that is wrong is told so in words', () => {
  test.each<[string, unknown, string]>([
    ['no object', [], 'body must be an object like {…}'],
    ['blank text', message({ text: '   ' }), 'params.text must not be empty'],
    ['a control character', message({ text: 'a\u0007b' }), 'params.text must not have control characters'],
    ['half a character', message({ text: 'a\ud800b' }), 'params.text must not have control characters'],
    ['a price as text', message({ price: '5' }), 'params.price must be a number'],
    ['a price in mills', message({ price: 5.123 }), 'params.price must have at most two decimals'],
    [
      'too much text',
      message({ text: 'x'.repeat(10_001) }),
      'params.text must have at most 10000 characters',
    ],
    [
      'an unknown list',
      { ...message({}), kind: 'fans.scrape', params: { status: 'new' } },
      'params.status must be one of active, expired, all',
    ],
    [
      'none at all',
      { ...message({}), kind: 'fans.scrape', params: { max: 0 } },
      'params.max must be at least 1',
    ],
    ['no creator', { kind: 'profile.scrape', params: {} }, 'creator_id is missing'],
    ['an unknown field', { ...message({}), colour: 'red' }, 'colour is not a known field'],
  ])('%s', (_, value, words) => expect(faults(value)).toEqual([words]));
});

test('what is right passes', () => {
  expect(faults(message({ text: 'Two\nlines,\tand 🜁', price: 19.99, media_ids: ['m-1'] }))).toEqual([]);
});
