import { limitVariables } from '@huntaze/core/env';
import * as z from 'zod/mini';

/** The variables of a deployable, as its process reads them: all text. */
type EnvironmentOf<S extends z.ZodMiniObject> = {
  [Name in keyof z.input<S>]: undefined extends z.input<S>[Name] ? string | undefined : string;
};

/**
 * The variables of a deployable: one that is forgotten, and one that its schema doesn't know, don't compile. Values may
 * be tokens of CDK, so they aren't parsed here; the process does that at its start.
 * @param _schema only its type is used
 */
export function environment<S extends z.ZodMiniObject>(
  _schema: S,
  variables: EnvironmentOf<S>,
): Record<string, string> {
  const set = Object.entries(variables as Record<string, string | undefined>);
  return Object.fromEntries(set.filter((one): one is [string, string] => one[1] !== undefined));
}

/** The site's limit as the schema has it, spelled out so that an operator finds it: 10 in 60 s, one line for all. */
export function limits(): {
  TOKENS_PER_WINDOW: string;
  WINDOW_SECONDS: string;
  RATE_LIMIT_SCOPE: 'platform';
} {
  const { TOKENS_PER_WINDOW, WINDOW_SECONDS } = z.parse(z.object(limitVariables), {});
  return {
    TOKENS_PER_WINDOW: String(TOKENS_PER_WINDOW),
    WINDOW_SECONDS: String(WINDOW_SECONDS),
    RATE_LIMIT_SCOPE: 'platform',
  };
}
