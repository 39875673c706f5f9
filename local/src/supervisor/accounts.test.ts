import { expect, test } from 'vitest';
import { accountFor, creatorIn } from './accounts.ts';

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
