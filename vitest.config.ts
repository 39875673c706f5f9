import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,api,limiter,scraper,local,infra,test}/**/*.test.ts', 'setup/**/*.test.js'],
    exclude: ['**/node_modules/**', '**/.next/**'],
    // The long tests mostly wait for windows to pass: two at a time also where there are two cores.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
