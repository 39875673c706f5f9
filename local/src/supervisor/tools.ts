import { join } from 'node:path';
import { readFound } from '../../../setup/found.js';
import { StartError } from './errors.ts';

/** The root of the project. */
export const PROJECT_ROOT = join(import.meta.dirname, '../../..');

/** Paths of the programs that the set-up found. */
export interface Tools {
  redis: string;
  chromium: string;
}

/** @throws StartError if the set-up has not run, or something it found is gone */
export function findTools(): Tools {
  try {
    const { redis, chromium } = readFound(PROJECT_ROOT);
    return { redis: redis.path, chromium: chromium.path };
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error));
  }
}
