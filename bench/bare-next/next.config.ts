import { join } from 'node:path';
import type { NextConfig } from 'next';
import api from '../../api/next.config.ts';

const root = join(import.meta.dirname, '../..');

/** As the API is built, but from here. */
export default { ...api, outputFileTracingRoot: root, turbopack: { root } } satisfies NextConfig;
