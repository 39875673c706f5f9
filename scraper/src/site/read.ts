import { check } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { ClientFault } from '../outcome.ts';

const MAX_NAMED = 5;

/** An id of the site's: some are numbers, some are text; to us they are text. */
export const id = z.pipe(
  z.union([z.int(), z.string().check(z.minLength(1), z.maxLength(128))]),
  z.transform(String),
);

/**
 * The site's JSON as the shape that we know.
 * @throws ClientFault naming the fields that differ (never their values: they are a person's)
 */
export function readAs<T>(schema: z.ZodMiniType<T>, json: unknown, path: string): T {
  const checked = check(schema, json);
  if (checked.ok) return checked.value;
  const named = checked.faults.slice(0, MAX_NAMED).map(({ field, message }) => `${field} ${message}`);
  throw new ClientFault(`${path} has another shape: ${named.join('; ')}`, path, 200);
}
