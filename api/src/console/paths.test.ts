import { expect, test } from 'vitest';
import { isHere, ownPath, signInPath } from './paths.ts';

test.each([
  ['/creators?state=paused', '/creators?state=paused'],
  ['/operations/op-1#end', '/operations/op-1'],
  [undefined, '/'],
  ['', '/'],
  ['https://evil.example/', '/'],
  ['//evil.example/', '/'],
  ['/\\evil.example/', '/'],
  ['/\t/evil.example/', '/'],
  ['/.//evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/sign-in?to=/creators', '/'],
  [`/${'x'.repeat(1_000)}`, '/'],
])('after signing in, %j leads to %j', (asked, to) => expect(ownPath(asked)).toBe(to));

test('whoever signs in comes back', () => {
  const path = '/operations?state=dead&creator=a%26b';
  const url = new URL(signInPath(path), 'https://console.example');
  expect(ownPath(url.searchParams.get('to') ?? undefined)).toBe(path);
  expect(signInPath('/')).toBe('/sign-in');
});

test('the page that is open is told from its neighbours', () => {
  expect(isHere('/', '/creators')).toBe(false);
  expect(isHere('/creators', '/creators/ada')).toBe(true);
  expect(isHere('/creators', '/creators-of-old')).toBe(false);
});
