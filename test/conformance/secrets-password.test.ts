import {
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import { target } from './harness.ts';
import { expectRefusal } from './secrets.ts';

/* Source: API Reference, GetRandomPassword. */

const ask = (input: GetRandomPasswordCommandInput) =>
  target.secrets.send(new GetRandomPasswordCommand(input));
const password = async (input: GetRandomPasswordCommandInput = {}) => (await ask(input)).RandomPassword ?? '';

test('32 characters with at least one of each type, never the same', async () => {
  const [one, two] = [await password(), await password()];
  expect(one).not.toBe(two);
  for (const made of [one, two]) {
    expect(made).toHaveLength(32);
    for (const type of [/[a-z]/, /[A-Z]/, /\d/, /[!-/:-@[-`{-~]/]) expect(made).toMatch(type);
    expect(made).not.toContain(' ');
  }
});

test('as long as asked for', async () => {
  for (const PasswordLength of [4, 4_096])
    expect(await password({ PasswordLength })).toHaveLength(PasswordLength);
});

test('without what is excluded', async () => {
  const PasswordLength = 500;
  expect(await password({ PasswordLength, ExcludeNumbers: true })).not.toMatch(/\d/);
  expect(await password({ PasswordLength, ExcludePunctuation: true })).toMatch(/^[a-zA-Z0-9]+$/);
  expect(await password({ PasswordLength, ExcludeUppercase: true })).not.toMatch(/[A-Z]/);
  expect(await password({ PasswordLength, ExcludeLowercase: true })).not.toMatch(/[a-z]/);
  expect(await password({ PasswordLength, ExcludeCharacters: 'abc/"@' })).not.toMatch(/[abc/"@]/);
});

test('with spaces if asked for', async () => {
  expect(await password({ PasswordLength: 500, IncludeSpace: true })).toContain(' ');
});

test('too short for one of each type is refused, unless they need not all be there', async () => {
  await expectRefusal(ask({ PasswordLength: 3 }), 'InvalidParameterException');
  expect(await password({ PasswordLength: 3, RequireEachIncludedType: false })).toHaveLength(3);
});

test('lengths out of bounds and nothing to choose from are refused', async () => {
  for (const PasswordLength of [0, 4_097])
    await expect(ask({ PasswordLength })).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  const nothing = {
    ExcludeNumbers: true,
    ExcludePunctuation: true,
    ExcludeUppercase: true,
    ExcludeLowercase: true,
  };
  await expectRefusal(ask(nothing), 'InvalidParameterException');
});
