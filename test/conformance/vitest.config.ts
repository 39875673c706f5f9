import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run conformance`: one line a check, against local AWS or the endpoint that CONFORMANCE_ENDPOINT names. @public */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/conformance/**/*.test.ts'],
    reporters: ['./test/conformance/reporter.ts'],
    maxWorkers: 2,
    // More than the longest real wait of a check and its polls; a check that hangs is one that failed.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
