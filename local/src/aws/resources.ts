import * as z from 'zod/mini';
import { ACCOUNT_ID } from './sqs/engine.ts';

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
  /** What rotates secrets: the path of a bundle that exports `handler`, and all that is in its environment. */
  functions: z._default(
    z.array(
      z.strictObject({
        name: z.string().check(z.regex(/^[a-zA-Z0-9-_]{1,64}$/, 'must be a function name of Lambda')),
        bundle: name,
        env: z._default(z.record(z.string(), z.string()), {}),
        timeoutSeconds: z._default(z.int().check(z.gte(1), z.lte(900)), 60),
      }),
    ),
    [],
  ),
  /** Whether CloudWatch watches the pipeline. */
  alarms: z._default(z.boolean(), false),
  secrets: z._default(
    z.array(
      z.strictObject({
        name,
        value: name,
        rotation: z.optional(
          z.strictObject({ function: name, everyDays: z.int().check(z.gte(1), z.lte(1_000)) }),
        ),
      }),
    ),
    [],
  ),
});
export type Resources = z.infer<typeof resources>;

/** The ARN of a function on this machine. */
export function functionArn(region: string, functionName: string): string {
  return `arn:aws:lambda:${region}:${ACCOUNT_ID}:function:${functionName}`;
}
