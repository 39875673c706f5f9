import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run faults`: what is too long for `npm test`, everything going wrong at once. CHAOS_SEED says when what does. @public */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['scraper/src/*.long.ts'],
    maxWorkers: 1,
  },
});
