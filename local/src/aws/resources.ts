import * as z from 'zod/mini';

const name = z.string().check(z.minLength(1));
const bucketName = z
  .string()
  .check(
    z.regex(
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      'must be 3 to 63 lower-case letters, digits, dots and hyphens',
    ),
  );

/** What exists from the start. A dead-letter queue stands before the queues that name it. */
export const resources = z.strictObject({
  queues: z._default(
    z.array(z.strictObject({ name, attributes: z._default(z.record(z.string(), z.string()), {}) })),
    [],
  ),
  buckets: z._default(z.array(bucketName), []),
  secrets: z._default(z.array(z.strictObject({ name, value: name })), []),
});
export type Resources = z.infer<typeof resources>;
