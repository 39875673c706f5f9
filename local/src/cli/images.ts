// npm run images: builds the images of scraper and API without a daemon, starts them, and sends an operation through.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeImages } from '../images/make.ts';
import { checkNeeds } from '../images/needs.ts';
import { removeUnmounted } from '../images/unmounted.ts';
import { buildArtefacts } from '../supervisor/artefacts.ts';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import { fail } from './fail.ts';
import { Stopped, stopSignal } from './stopped.ts';

const say = (line: string) => console.error(line);

async function main(): Promise<void> {
  const { env } = process;
  checkNeeds({ platform: process.platform, isRoot: process.getuid?.() === 0, path: env['PATH'] ?? '' });
  const signal = stopSignal();
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-images-'));
  try {
    await buildArtefacts(say, 'run here', signal);
    const { isGood } = await makeImages({ root: PROJECT_ROOT, env, signal, say }, folder);
    if (!isGood) process.exitCode = 1;
  } catch (error) {
    if (!signal.aborted || !(signal.reason instanceof Stopped)) throw error;
    process.exitCode = 130;
  } finally {
    removeUnmounted(folder);
  }
}

await main().catch(fail);
