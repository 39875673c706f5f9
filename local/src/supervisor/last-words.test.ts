import { expect, test } from 'vitest';
import { lastWords } from './last-words.ts';

test.each([
  ['nothing', [], undefined],
  ['log lines only', ['{"message":"done"}', ''], undefined],
  [
    'a line of our own before the end',
    ['{"message":"x"}', 'local aws: port 1 is taken'],
    'local aws: port 1 is taken',
  ],
  [
    'an error nobody caught, as Node prints it',
    [
      'file:///main.ts:3',
      'throw new TypeError("no such thing");',
      '^',
      '',
      'TypeError: no such thing',
      '    at file:///main.ts:3:7',
      "  code: 'X'",
      '}',
      '',
      'Node.js v24.21.0',
    ],
    'TypeError: no such thing',
  ],
  ["a server's last line", ['1:M # Bad file format'], '1:M # Bad file format'],
])('%s', (_, lines, said) => {
  const words = lastWords();
  for (const line of lines) words.heard('stderr', line);
  expect(words.said()).toBe(said);
});

test('a reason goes before what is merely said, and only standard error gives reasons', () => {
  const words = lastWords();
  words.heard('stderr', 'scraper: no browser');
  words.heard('stdout', 'Error: a page called so');
  expect(words.said()).toBe('scraper: no browser');
});
