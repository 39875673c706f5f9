import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,api,limiter,scraper,local,test}/**/*.test.ts', 'setup/**/*.test.js'],
    exclude: ['**/node_modules/**', '**/.next/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
