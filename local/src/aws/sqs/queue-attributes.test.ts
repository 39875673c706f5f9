import { expect, test } from 'vitest';
import { checkAttributes } from './queue-attributes.ts';

const check = (name: string, value: string) =>
  checkAttributes(new Map([[name, value]]), { fifo: false, creating: true });
/** A policy of so many bytes, most of them in characters of two. */
const ofBytes = (bytes: number) => {
  const Id = 'é'.repeat(Math.floor(bytes / 2) - 50);
  const policy = JSON.stringify({ Id, Statement: [{ Effect: 'Allow' }] });
  return policy + ' '.repeat(bytes - Buffer.byteLength(policy));
};

test('a policy can have 8,192 bytes', () => {
  expect(Buffer.byteLength(ofBytes(8_192))).toBe(8_192);
  expect(() => check('Policy', ofBytes(8_192))).not.toThrow();
});

test.each([
  ['Policy', ofBytes(8_193)],
  ['Policy', ofBytes(6_000_000)],
  ['RedrivePolicy', '['.repeat(6_000_000)],
  ['RedriveAllowPolicy', `{"redrivePermission":"allowAll"${' '.repeat(10_000)}}`],
  ['KmsMasterKeyId', 'k'.repeat(2_049)],
  ['VisibilityTimeout', '0'.repeat(1_000_000)],
])('a %s that is too long is refused before anybody reads it', (name, value) => {
  expect(() => check(name, value)).toThrow(`Invalid value for the parameter ${name}.`);
});
