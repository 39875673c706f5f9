import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { NODE_VERSION } from '../../../setup/node.js';
import type { Context } from '../../../setup/run.js';
import { buildahIn } from './buildah.ts';
import { buildImages } from './build.ts';
import { commandsIn } from './command.ts';
import { contentsOf } from './contents.ts';
import { documentOf } from './document.ts';
import { checksOf, figuresOf, isReached } from './judge.ts';
import { taskOf } from './task.ts';
import { tryImages } from './trial.ts';

/**
 * Builds both images, tries them, says what was found, and writes it to bench/results/images.json and docs/images.md.
 * @param folder for all that comes and goes, several GB; the caller removes it
 * @returns whether everything holds that must
 * @throws StartError with one line; the signal's reason
 */
export async function makeImages(context: Context, folder: string): Promise<{ isGood: boolean }> {
  const begun = performance.now();
  const commands = commandsIn(context, folder);
  const tasks = { scraper: taskOf('scraper'), api: taskOf('api') };
  const built = await buildImages(commands, buildahIn(commands));
  const trial = await tryImages(commands, {
    scraper: { ...built.scraper, task: tasks.scraper },
    api: { ...built.api, task: tasks.api },
  });
  const contents = {
    scraper: await contentsOf(commands, built.scraper, built.browser.libraries),
    api: await contentsOf(commands, built.api, []),
  };
  const figures = figuresOf(built, contents, trial);
  const checks = checksOf(built, contents, trial, NODE_VERSION);
  for (const figure of figures) {
    const bound = figure.bound && ` · ${isReached(figure) ? '✓' : '✗'} at most ${figure.bound.atMost}`;
    context.say(`  ${figure.name}: ${figure.value} ${figure.unit}${bound ?? ''}`);
  }
  for (const { what, seen, holds } of checks) context.say(`  ${holds ? '✓' : '✗'} ${what}: ${seen}`);

  const about = {
    bench: 'images',
    at: new Date().toISOString(),
    node: process.version,
    cpus: cpus().length,
    cpu: cpus()[0]?.model,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    architecture: process.arch,
    seconds: Math.round((performance.now() - begun) / 1_000),
  };
  const results = join(context.root, 'bench/results');
  mkdirSync(results, { recursive: true });
  const { base, browser } = built;
  const whole = { ...about, base, browser, contents, figures, checks };
  writeFileSync(join(results, 'images.json'), `${JSON.stringify(whole, null, 2)}\n`);
  writeFileSync(
    join(context.root, 'docs/images.md'),
    documentOf({ about, built, contents, figures, checks }),
  );
  return { isGood: figures.every(isReached) && checks.every(({ holds }) => holds) };
}
