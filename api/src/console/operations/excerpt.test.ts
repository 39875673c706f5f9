import { expect, test } from 'vitest';
import { beginningOf, readable } from './excerpt.ts';

/** A body that comes in pieces; `cancelled` tells whether the rest was let be. */
function bodyOf(...pieces: (string | Uint8Array)[]) {
  const encoder = new TextEncoder();
  const state = { isCancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(stream) {
        const piece = pieces.shift();
        if (piece === undefined) stream.close();
        else stream.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
      },
      cancel() {
        state.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, state };
}

test('what is short is read as a whole, characters that are cut in two as well', async () => {
  const [a, b] = [new Uint8Array([0xc3]), new Uint8Array([0xa9])];
  expect(await beginningOf(bodyOf('caf', a, b).body)).toEqual({ text: 'café', isWhole: true });
});

test('of what is long the beginning is read, and nothing more is asked for', async () => {
  const { body, state } = bodyOf('12345', '67890', 'never');
  expect(await beginningOf(body, 8)).toEqual({ text: '12345678', isWhole: false });
  expect(state.isCancelled).toBe(true);
});

test('what is as long as what is read is whole', async () => {
  expect(await beginningOf(bodyOf('1234', '5678').body, 8)).toEqual({ text: '12345678', isWhole: true });
});

test('JSON has a line for each value; what isn’t whole, or isn’t JSON, is shown as it is', () => {
  expect(readable({ text: '{"a":[1]}', isWhole: true })).toEqual({
    text: '{\n  "a": [\n    1\n  ]\n}',
    isWhole: true,
  });
  expect(readable({ text: '{"a":[1', isWhole: false })).toEqual({ text: '{"a":[1', isWhole: false });
  expect(readable({ text: 'no', isWhole: true })).toEqual({ text: 'no', isWhole: true });
});

test('of many lines the first are shown', () => {
  expect(readable({ text: '[1,2,3]', isWhole: true }, 3)).toEqual({ text: '[\n  1,\n  2,', isWhole: false });
});
