import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { builtArtefacts } from '../src/artefacts.ts';

// A function's cold start grows with its bundle (`npm run bench -- line` measures the limiter's). What is beyond its
// budget has got a library too many.

const KB = 1_024;

test.each([
  ['limiter', 560],
  ['standIn', 400],
  ['resumeRotations', 400],
  ['rotateRedisAuth', 540],
  ['rotateCredentials', 560],
] as const)('%s is at most %i KB', (name, most) => {
  const size = statSync(builtArtefacts()[name]).size;
  expect(size).toBeLessThanOrEqual(most * KB);
  // A bundle that is empty, or has lost its libraries, is none.
  expect(size).toBeGreaterThan(100 * KB);
});
