import { join } from 'node:path';
import type { NextConfig } from 'next';

const root = join(import.meta.dirname, '..');

export default {
  output: 'standalone',
  outputFileTracingRoot: root,
  turbopack: { root },
  transpilePackages: ['@huntaze/core'],
  serverExternalPackages: ['iovalkey'],
  poweredByHeader: false,
  // No picture is resized here, and what would do it is made for the machine that builds, not for the one that runs.
  images: { unoptimized: true },
  outputFileTracingExcludes: {
    '*': ['@img/**', 'sharp/**', 'semver/**', 'detect-libc/**'].map(what => `../node_modules/${what}`),
  },
} satisfies NextConfig;
