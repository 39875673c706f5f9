import { expect, test } from 'vitest';
import { decodeAwsChunked } from './aws-chunked.ts';

test('chunks, one after the other, and the trailers behind them', () => {
  const { bytes, trailers } = decodeAwsChunked(
    Buffer.from('3\r\nabc\r\nA;chunk-signature=x\r\ndefghijklm\r\n0\r\nX-Amz-Checksum-Crc32: y\r\n\r\n'),
  );
  expect(bytes.toString()).toBe('abcdefghijklm');
  expect([...trailers]).toEqual([['x-amz-checksum-crc32', 'y']]);
});

test('a million chunks of one byte each', () => {
  const { bytes } = decodeAwsChunked(Buffer.from(`${'1\r\nx\r\n'.repeat(1_000_000)}0\r\n\r\n`));
  expect(bytes.equals(Buffer.alloc(1_000_000, 'x'))).toBe(true);
});

test.each([
  ['trailers beyond any bound', `0\r\n${'a:b\r\n'.repeat(4_000)}\r\n`],
  ['a chunk that is shorter than it says', '5\r\nabc\r\n0\r\n\r\n'],
  ['no last chunk', '3\r\nabc\r\n'],
])('%s: IncompleteBody', (_, body) => {
  expect(() => decodeAwsChunked(Buffer.from(body))).toThrow('does not have the form or the length');
});
