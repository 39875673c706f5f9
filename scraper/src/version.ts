import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is code of ours in a folder: the bundle that is deployed, or the sources. */
const CODE = /\.(mjs|ts)$/;

/**
 * A name for what this scraper knows of the site, that changes with its code: what one version can't read another may.
 * @param folder of its entry
 */
export function versionOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => CODE.test(file) && !file.includes('node_modules'))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}
