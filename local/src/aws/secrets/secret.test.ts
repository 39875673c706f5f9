import { expect, test } from 'vitest';
import { randomPassword } from './password.ts';
import { withLabel, withVersion, type Secret } from './secret.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);
const empty: Secret = {
  name: 's',
  arn: 'arn:s',
  description: undefined,
  kmsKeyId: undefined,
  tags: new Map(),
  createdAt: NOW,
  changedAt: NOW,
  accessedAt: undefined,
  deletesAt: undefined,
  rotation: undefined,
  versions: new Map(),
};
const filled = (count: number, now: number): Secret => {
  let secret = empty;
  for (let n = 0; n < count; n += 1)
    secret = withVersion(secret, { id: `v${n}`, value: { text: `${n}` }, stages: ['AWSCURRENT'] }, now);
  return secret;
};
const next = { id: 'next', value: { text: 'next' }, stages: ['AWSCURRENT'] };

test('beyond a hundred versions the oldest without a label goes', () => {
  const secret = withVersion(filled(100, NOW), next, NOW + DAY);
  expect(secret.versions.size).toBe(100);
  expect([secret.versions.has('v0'), secret.versions.has('v1')]).toEqual([false, true]);
});

test('versions younger than a day are never removed: the next is refused', () => {
  expect(() => withVersion(filled(100, NOW), next, NOW + DAY - 1)).toThrow('it has 100');
});

test('a version with a label is never removed', () => {
  const labelled = withLabel(filled(100, NOW), 'keep', 'v0');
  const secret = withVersion(labelled, next, NOW + DAY);
  expect([secret.versions.has('v0'), secret.versions.has('v1')]).toEqual([true, false]);
});

test('the same random numbers make the same password', () => {
  const seeded = () => {
    let seed = 7;
    return (limit: number) => (seed = (seed * 48_271) % 2_147_483_647) % limit;
  };
  const password = randomPassword({ length: 12 }, seeded());
  expect(randomPassword({ length: 12 }, seeded())).toBe(password);
  expect(password).toHaveLength(12);
});

test('an excluded type needs no place, however short the password', () => {
  const rules = { length: 1, excludeNumbers: true, excludePunctuation: true, excludeUppercase: true };
  expect(randomPassword(rules, () => 0)).toBe('a');
  const noLetters = 'abcdefghijklmnopqrstuvwxyz';
  expect(() => randomPassword({ ...rules, excludedCharacters: noLetters }, () => 0)).toThrow('at least one');
});
