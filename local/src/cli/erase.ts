// npm run erase -- --creator ID: all that there is of one creator goes, after a dry run that only says what that is.
import { join, relative, resolve } from 'node:path';
import { EnvironmentError, readEnv } from '@huntaze/core/env';
import { erase, type Erased } from '../erase/erase.ts';
import { eraseEnv } from '../erase/env.ts';
import { isInstallation, jobsOf, openHere } from '../erase/here.ts';
import { openInAws } from '../erase/in-aws.ts';
import { inventoryLines, isNothing, takeInventory } from '../erase/inventory.ts';
import { NotErased, type Place } from '../erase/place.ts';
import { staysHere, staysInAws } from '../erase/stays.ts';
import { forgetState } from '../job/ledger.ts';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import { HELP, readEraseArguments, type EraseArguments } from './erase-arguments.ts';
import { fail } from './fail.ts';
import { Stopped, stopSignal } from './stopped.ts';

const say = (line: string) => console.log(line);

/** A place, what it is called, and what stays there. */
interface Somewhere {
  called: string;
  place: Place;
  stays: (erased: Erased) => string[];
}

/** Says what there is, and with --yes removes it. False: there was nothing. */
async function eraseAt(
  { called, place, stays }: Somewhere,
  args: EraseArguments,
  signal: AbortSignal,
): Promise<boolean> {
  const { creatorId, yes, recoveryDays } = args;
  const inventory = await takeInventory(place, creatorId);
  const isSecretToGo = inventory.isSecretGoing && recoveryDays === undefined;
  if (isNothing(inventory) && !isSecretToGo) return false;
  say(`of ${creatorId} there is in ${called}:`);
  for (const line of inventoryLines(inventory)) say(line);
  if (inventory.isBegun) say('          its erasure was begun, and is not at an end');
  if (isSecretToGo) say('          its secret, which can still be restored');
  if (!yes) return true;
  const erased = await erase(place, creatorId, { ...args, say, signal });
  say(`nothing of ${creatorId} is in ${called} any more. What stays, and goes by itself:`);
  for (const line of stays(erased)) say(`  - ${line}`);
  return true;
}

/** As one types it from the project's root. */
const shown = (path: string) => relative(PROJECT_ROOT, path) || path;

/** Every installation on this machine that has had to do with the creator. */
async function eraseHere(args: EraseArguments, signal: AbortSignal): Promise<boolean> {
  const { creatorId, yes } = args;
  let isThere = false;
  const dataDir = resolve(PROJECT_ROOT, process.env['HUNTAZE_DATA_DIR'] || '.data');
  const jobs = jobsOf(join(dataDir, 'jobs'), creatorId);
  for (const { folder } of jobs.filter(({ finishedAt }) => finishedAt !== undefined)) {
    isThere = true;
    say(
      `${shown(folder)}: what is left of a job that has ended, of all its creators${yes ? '; removed' : ''}`,
    );
    if (yes) forgetState(folder);
  }
  const cutOff = jobs.filter(({ finishedAt }) => finishedAt === undefined).map(({ folder }) => folder);
  for (const folder of [...(isInstallation(dataDir) ? [dataDir] : []), ...cutOff]) {
    const here = await openHere(folder, say, signal);
    try {
      const somewhere = { called: shown(folder), place: here.place, stays: staysHere };
      isThere = (await eraseAt(somewhere, args, signal)) || isThere;
    } catch (error) {
      if (error instanceof NotErased && !here.isRunning)
        throw new NotErased(
          `${error.message} (the pipeline does not run: \`npm start\` brings it to an end)`,
          {
            cause: error,
          },
        );
      throw error;
    } finally {
      await here.close();
    }
  }
  return isThere;
}

async function eraseInAws(args: EraseArguments, signal: AbortSignal): Promise<boolean> {
  const { place, close } = await openInAws(readEnv(eraseEnv, process.env));
  try {
    return await eraseAt({ called: 'AWS', place, stays: staysInAws }, args, signal);
  } finally {
    close();
  }
}

try {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) say(HELP);
  else {
    const args = readEraseArguments(argv);
    const { creatorId, yes } = args;
    const isThere = await (args.aws ? eraseInAws : eraseHere)(args, stopSignal());
    if (!isThere) say(`nothing of ${creatorId} is here`);
    else if (!yes) say('nothing was removed; the same command with --yes removes it, for good');
  }
} catch (error) {
  if (error instanceof Stopped) process.exitCode = 130;
  else if (error instanceof NotErased || error instanceof EnvironmentError) {
    console.error(error.message);
    process.exitCode = 1;
  } else fail(error);
}
