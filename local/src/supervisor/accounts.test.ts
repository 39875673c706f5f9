import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accountBook, accountFor, creatorIn, keptSecret } from './accounts.ts';

test('an account follows from creator and installation, and from nothing else', () => {
  const ada = accountFor('ada', 'one installation');
  expect(ada).toEqual(accountFor('ada', 'one installation'));
  expect(ada.email).toBe('ada@creators.example');
  expect(accountFor('ada', 'another').password).not.toBe(ada.password);
  expect(accountFor('bea', 'one installation').password).not.toBe(ada.password);
});

test.each(['a@b', 'a..b', 'x-', '1'.repeat(128)])('%s gets an address of its own that is one', creatorId => {
  const { email } = accountFor(creatorId, 's');
  expect(email).toMatch(/^creator\.[0-9a-f]{24}@creators\.example$/);
  expect(email).not.toBe(accountFor(`${creatorId}0`, 's').email);
});

test('the API tells which creator it has an operation of', () => {
  expect(creatorIn('{"message":"accepting","operation_id":"op-1","creator_id":"ada","kind":"k"}')).toBe(
    'ada',
  );
  expect(creatorIn('▲ Next.js 16')).toBeUndefined();
});

describe('what is kept in a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'huntaze-accounts-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('a secret is made once, for its owner alone, in a folder that need not be there yet', () => {
    const inner = join(folder, 'inner');
    const key = keptSecret(inner, 'session-key', 32, 'base64');
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect(keptSecret(inner, 'session-key', 32, 'base64')).toBe(key);
    expect(statSync(join(inner, 'session-key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(inner)).toEqual(['session-key']);
  });

  test('who had an account in an earlier run still has one at the site', () => {
    const file = join(folder, 'accounts.json');
    accountBook(file).add([accountFor('ada', 's')]);
    const book = accountBook(file);
    expect(book.has('ada')).toBe(false); // Secrets Manager may not know her yet
    book.add([accountFor('bea', 's')]);
    expect(book.ofThisRun().map(one => one.creatorId)).toEqual(['bea']);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(
      ['ada', 'bea'].map(id => ({
        email: `${id}@creators.example`,
        password: accountFor(id, 's').password,
      })),
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('a file of accounts that can’t be read is named, without its text', () => {
    const file = join(folder, 'accounts.json');
    writeFileSync(file, '[{"password":"secret"');
    expect(() => accountBook(file)).toThrow(`${file} can't be read; remove it`);
  });
});
