import { expect, test } from 'vitest';
import { askedDay, daysAround, dayPath, dayWord, pageOf, verbOf } from './day.ts';

const NOW = Date.parse('2026-12-01T09:00:00Z');

test.each([
  [undefined, '2026-12-01'],
  ['2026-11-30', '2026-11-30'],
  ['2026-12-02', '2026-12-01'],
  ['2026-02-30', '2026-12-01'],
  ['../../etc', '2026-12-01'],
  ['9999-99-99', '2026-12-01'],
])('the day %s is %s', (given, day) => {
  expect(askedDay(given, NOW)).toBe(day);
});

test('a week of days is offered around one, and none that hasn’t begun', () => {
  expect(daysAround('2026-12-01', NOW)).toEqual(
    ['12-01', '11-30', '11-29', '11-28', '11-27', '11-26', '11-25'].map(day => `2026-${day}`),
  );
  expect(daysAround('2026-11-01', NOW)[0]).toBe('2026-11-04');
  expect(daysAround('2026-11-01', NOW)).toContain('2026-11-01');
});

test('days are called as people do', () => {
  expect(['2026-12-01', '2026-11-30', '2026-11-29'].map(day => dayWord(day, NOW))).toEqual([
    'Today',
    'Yesterday',
    'Sun 29 Nov',
  ]);
  expect([dayPath('2026-12-01', NOW), dayPath('2026-11-30', NOW)]).toEqual([
    '/activity',
    '/activity?day=2026-11-30',
  ]);
});

test('acts are sentences; one that is new here keeps its name', () => {
  expect(['creator.pause', 'dead-letters.redrive', 'creator.clear_login', 'moon.land'].map(verbOf)).toEqual([
    'paused',
    'asked again for',
    'let sign in anew',
    'moon.land',
  ]);
});

test('what has a page is a link; nothing else becomes one', () => {
  expect(pageOf('creator ada')).toBe('/creators/ada');
  expect(pageOf('operation op-1 of creator ada')).toBe('/operations/op-1');
  for (const on of ['limits', 'dead letters of creator ada', 'creator ../x', 'creator ada of'])
    expect(pageOf(on)).toBeUndefined();
});
