import { limiterEnv } from '@huntaze/limiter/env';
import { expect, test } from 'vitest';
import { standInEnv } from '../functions/stand-in/env.ts';
import { environment, limits } from './environment.ts';

// The compiler is the judge here: were one of these no error, `npm run check` would fail.
const some = { CLUSTER: 'c', SERVICE: 's', STAND_IN_SERVICE: 'i' };

test('a variable that is forgotten doesn’t compile, and neither does one that nobody reads', () => {
  // @ts-expect-error MAX_TASKS is forgotten.
  expect(environment(standInEnv, some)).toEqual(some);
  // @ts-expect-error Nobody reads CLUSTR.
  expect(environment(standInEnv, { ...some, MAX_TASKS: '10', CLUSTR: 'c' })).toHaveProperty('CLUSTR');
  // @ts-expect-error An optional one is said to be left out, not forgotten.
  environment(limiterEnv, { QUEUE_URL: '', WORKFLOWS_QUEUE_URL: '', DEAD_LETTER_QUEUE_URL: '', ...limits() });
  expect(environment(standInEnv, { ...some, MAX_TASKS: '10' })).toEqual({ ...some, MAX_TASKS: '10' });
});

test('what is left out isn’t set', () => {
  const redis = { REDIS_HOST: 'h', REDIS_PORT: '1', REDIS_TLS: 'true', REDIS_AUTH_TOKEN_SECRET_ARN: 'a' };
  const told = environment(limiterEnv, {
    QUEUE_URL: 'q',
    WORKFLOWS_QUEUE_URL: 'w',
    DEAD_LETTER_QUEUE_URL: 'd',
    ...redis,
    REDIS_AUTH_TOKEN: undefined,
    ...limits(),
    MAX_UNFINISHED: undefined,
  });
  expect(Object.keys(told)).not.toContain('MAX_UNFINISHED');
  expect(told).toMatchObject({ TOKENS_PER_WINDOW: '10', WINDOW_SECONDS: '60', RATE_LIMIT_SCOPE: 'platform' });
});
