import * as z from 'zod/mini';

/** A variable of the environment is missing or malformed. Its message is one line that names it. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/** A non-empty string. */
export const text = z.string().check(z.minLength(1));

/** An absolute http(s) address, without a trailing slash. */
export const httpUrl = z.pipe(
  z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }),
  z.transform((url: string) => url.replace(/\/+$/, '')),
);

/** Two addresses with a comma between them. */
export const twoUrls = z.pipe(
  z.string().check(z.regex(/^[^,]+,[^,]+$/, 'must be two addresses with a comma between them')),
  z.pipe(
    z.transform((both: string) => both.split(',').map(one => one.trim())),
    z.array(httpUrl),
  ),
);

/** A whole number between `min` and `max`, both included. */
export const wholeNumber = (min: number, max: number) =>
  z.pipe(
    z.string().check(z.regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)),
    z.pipe(
      z.transform((digits: string) => Number(digits)),
      z
        .number()
        .check(
          z.gte(min, `must be a whole number from ${min} to ${max}`),
          z.lte(max, `must be a whole number from ${min} to ${max}`),
        ),
    ),
  );

/** A number above 0 and up to `max`; fractions allowed (a shortened window in tests is one). */
export const positiveNumber = (max: number) =>
  z.pipe(
    z.string().check(z.regex(/^\d+(\.\d+)?$/, `must be a number above 0 and up to ${max}`)),
    z.pipe(
      z.transform((digits: string) => Number(digits)),
      z
        .number()
        .check(
          z.positive(`must be a number above 0 and up to ${max}`),
          z.lte(max, `must be a number above 0 and up to ${max}`),
        ),
    ),
  );

/** `true` or `false`, spelled out. */
export const flag = z.pipe(
  z.enum(['true', 'false'], { error: 'must be true or false' }),
  z.transform((word: 'true' | 'false') => word === 'true'),
);

/** Where the shared Redis is, and how one is let in. Spread into each deployable's schema. */
export const redisVariables = {
  REDIS_HOST: text,
  REDIS_PORT: z._default(wholeNumber(1, 65_535), 6379),
  REDIS_TLS: z._default(flag, true),
  REDIS_AUTH_TOKEN_SECRET_ARN: z.optional(text),
  REDIS_AUTH_TOKEN: z.optional(text),
};

/** The site's limit: what is in force until an operator sets another. Spread into each schema that needs it. */
export const limitVariables = {
  TOKENS_PER_WINDOW: z._default(wholeNumber(1, 10_000), 10),
  WINDOW_SECONDS: z._default(positiveNumber(86_400), 60),
  RATE_LIMIT_SCOPE: z._default(
    z.enum(['platform', 'creator'], { error: 'must be platform or creator' }),
    'platform' as const,
  ),
};

/**
 * Reads the variables that `schema` names. An empty value counts as missing.
 * @throws EnvironmentError naming every variable that is missing or malformed, in one line
 */
export function readEnv<T>(schema: z.ZodMiniType<T>, source: Record<string, string | undefined>): T {
  const present = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = z.safeParse(schema, present);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(issue => {
    const name = issue.path.join('.');
    return name in present ? `${name} ${issue.message}` : `${name} is missing`;
  });
  throw new EnvironmentError(`environment: ${[...new Set(faults)].join('; ')}`);
}
