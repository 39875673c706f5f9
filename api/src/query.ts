import { check, type FieldFault } from '@huntaze/core/operations';
import { wholeNumber } from '@huntaze/core/env';
import * as z from 'zod/mini';

const page = z.strictObject({
  limit: z._default(wholeNumber(1, 100), 50),
  offset: z._default(wholeNumber(0, 10_000), 0),
});

/** Which part of a list is asked for. */
export function readPage(
  query: URLSearchParams,
): { ok: true; value: { from: number; most: number } } | { ok: false; faults: FieldFault[] } {
  const checked = check(page, Object.fromEntries(query));
  return checked.ok
    ? { ok: true, value: { from: checked.value.offset, most: checked.value.limit } }
    : checked;
}
