// npm run rebuild: what Redis has lost of the operations that have ended is known again, from their results.
import { resolve } from 'node:path';
import { systemClock } from '@huntaze/core/clock';
import { rebuild, tryRebuild } from '../rebuild/rebuild.ts';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import { fail } from './fail.ts';
import { HELP, readRebuildArguments } from './rebuild-arguments.ts';
import { Stopped, stopSignal } from './stopped.ts';
import { operatorToken } from './token-arguments.ts';

const say = (line: string) => console.log(line);

async function main(argv: string[]): Promise<void> {
  if (argv.includes('--help')) return say(HELP);
  const { api, after, dryRun } = readRebuildArguments(argv);
  const dataDir = resolve(PROJECT_ROOT, process.env['HUNTAZE_DATA_DIR'] || '.data');
  const token = operatorToken(process.env, dataDir);
  const asking = { api, token, clock: systemClock, signal: stopSignal(), random: Math.random };
  if (dryRun) return say((await tryRebuild(asking, after)).join('\n'));
  const { seen, restored, unreadable } = await rebuild(asking, after, say);
  say(`${restored} of ${seen} operations of the last 7 days were lost, and are known again`);
  if (unreadable > 0) say(`${unreadable} results could not be read: the API's log names them`);
  say('what waits comes back by itself, as its messages come: after 15 minutes at the latest');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof Stopped) process.exitCode = 130;
  else fail(error);
}
