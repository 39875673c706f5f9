import { expect, test } from 'vitest';
import { serializationError } from '../aws-error.ts';
import { Input } from '../input.ts';
import { readMessageAttributes } from './message-attributes.ts';

const LONG = 500_000;
const read = (field: object) =>
  readMessageAttributes(new Input({ MessageAttributes: { a: field } }, serializationError)).get('a');
const number = (StringValue: string) => read({ DataType: 'Number', StringValue })?.stringValue;

test.each(['1', '-1.', '+.5', '1e126', '-1E+128', '0.5e-128', `0.${'0'.repeat(127)}1`, '9'.repeat(38)])(
  '%s is a number',
  text => {
    expect(number(text)).toBe(text);
  },
);

test.each(['.', '1e', 'e1', '1.2.3', '0x1', ' 1', '1e127', '-1e129', '9'.repeat(39), 'Infinity'])(
  '%s is none',
  text => {
    expect(() => number(text)).toThrow('to a number');
  },
);

test.each([
  ['digits', `${'1'.repeat(LONG)}x`],
  ['digits behind a point', `.${'1'.repeat(LONG)}x`],
  ['zeros', '0'.repeat(LONG)],
])('a number of too many %s is refused all the same', { timeout: 20_000 }, (_, text) => {
  expect(() => number(text)).toThrow('to a number');
});

test('bytes in base64, with their padding or without', () => {
  for (const BinaryValue of ['YQ==', 'YQ'])
    expect(read({ DataType: 'Binary', BinaryValue })?.binaryValue).toEqual(Buffer.from('a'));
});

test('a long padding before what is no base64 is refused all the same', { timeout: 20_000 }, () => {
  const BinaryValue = `${'='.repeat(LONG)}A`;
  expect(() => read({ DataType: 'Binary', BinaryValue })).toThrow('BinaryValue must be base64');
});
