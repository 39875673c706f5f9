import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operatorToken, readTokenArguments } from './token-arguments.ts';

const NOW = new Date('2026-12-01T00:00:00Z');
const read = (line: string) => readTokenArguments(line.split(' ').filter(Boolean), NOW);

test('what is asked for', () => {
  expect(read('create --name app --creators ada,bea --days 30')).toEqual({
    api: 'http://127.0.0.1:3000',
    order: {
      is: 'create',
      name: 'app',
      role: 'creator',
      creators: ['ada', 'bea'],
      expiresAt: new Date('2026-12-31T00:00:00Z'),
    },
  });
  expect(read('list --api https://api.example/')).toEqual({
    api: 'https://api.example',
    order: { is: 'list' },
  });
  expect(read('revoke tok-1').order).toEqual({ is: 'revoke', id: 'tok-1' });
  expect(read('create --name app --creators all').order).toMatchObject({
    creators: 'all',
    expiresAt: undefined,
  });
});

test.each([
  ['', 'what? create, list or revoke'],
  ['make', '"make" is not known'],
  ['create', '--name is missing'],
  ['create --name app', '--creators is missing'],
  ['create --name app --creators ada --days 0', '--days must be a whole number from 1 to 3650, not "0"'],
  ['revoke', 'revoke which one?'],
  ['revoke a b', '"b" is one word too many'],
  ['list --colour red', '--colour'],
  ['list --api ftp://x', '--api must be an http:// or https:// address'],
])('%s: one line that says what is wrong', (line, words) => {
  expect(() => read(line)).toThrow(words);
});

test('who asks: the environment’s token, else the one of this machine’s installation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-token-'));
  try {
    expect(() => operatorToken({}, folder)).toThrow('no token to ask with');
    writeFileSync(join(folder, 'token'), 'here\n');
    expect(operatorToken({}, folder)).toBe('here');
    expect(operatorToken({ HUNTAZE_TOKEN: 'there' }, folder)).toBe('there');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
