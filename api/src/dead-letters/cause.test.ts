import { expect, test } from 'vitest';
import { causeOf, NO_REASON, RECEIVED_TOO_OFTEN } from './cause.ts';

test.each([
  ['8 failures, the last one: /api2/v2/chats/fan-1/messages answered 503', 'the site answered 5xx'],
  ['3 failures, the last one: /api2/v2/users/me answered 500', 'the site answered 5xx'],
  ['/my/chats answered 404', 'the site answered 4xx'],
  [
    '8 failures, the last one: /my/profile: no answer: net::ERR_FAILED at https://s/1',
    'the site did not answer',
  ],
  [
    "8 failures, the last one: /my/profile didn't load its data: timeout 30000ms",
    'the page did not load its data',
  ],
  ['operation_id must be 1 to 128 letters, digits or . _ @ -, beginning with …', 'an id that can’t be used'],
  ['operation op-1 belongs to another creator', 'the operation is another creator’s'],
  ['body is not JSON', 'body is not JSON'],
  ['dead, and its message came again', 'dead, and its message came again'],
])('"%s" is %s', (reason, cause) => expect(causeOf(reason, false)).toBe(cause));

test('numbers, ids, times and addresses in what nobody foresaw split no cause', () => {
  const one =
    '8 failures, the last one: unexpected: Target op-1 at https://a/b closed after 30000 ms (2026-01-01T00:00:00Z)';
  const other =
    '7 failures, the last one: unexpected: Target op-2 at https://c closed after 17 ms (2026-02-03T04:05:06Z)';
  expect(causeOf(one, false)).toBe('unexpected: Target … at … closed after … ms (…)');
  expect(causeOf(other, false)).toBe(causeOf(one, false));
});

test('it is short, whatever was said', () => {
  expect(causeOf('word '.repeat(100), false).length).toBeLessThanOrEqual(80);
  expect(causeOf('12', false)).toBe('…');
});

test('what SQS moved says nothing of its cause, and neither does what has no room for it', () => {
  expect(causeOf(undefined, true)).toBe(RECEIVED_TOO_OFTEN);
  expect(causeOf(undefined, false)).toBe(NO_REASON);
});
