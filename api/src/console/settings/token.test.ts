import { expect, test } from 'vitest';
import { askedToken, hasExpired } from './token.ts';

test('a token is for those who are named, and for all if nobody is', () => {
  expect(askedToken({ name: 'App', role: 'creator', creators: 'ada, bea\ncleo' })).toEqual({
    name: 'App',
    role: 'creator',
    creators: ['ada', 'bea', 'cleo'],
  });
  expect(askedToken({ name: 'Boss', role: 'operator' })).toEqual({
    name: 'Boss',
    role: 'operator',
    creators: 'all',
  });
  expect(askedToken({ creators: ' , ' })).toEqual({ creators: 'all' });
});

test('a token has expired from its very time on, one without a time never', () => {
  const expires_at = '2026-12-01T12:00:00.000Z';
  const at = Date.parse(expires_at);
  expect([hasExpired({ expires_at }, at - 1), hasExpired({ expires_at }, at), hasExpired({}, at)]).toEqual([
    false,
    true,
    false,
  ]);
});
