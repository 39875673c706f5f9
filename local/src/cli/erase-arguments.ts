import { parseArgs } from 'node:util';
import { isSafeId, SAFE_ID_RULE } from '@huntaze/core/ids';
import { StartError } from '../supervisor/errors.ts';
import { numberOf } from './number-option.ts';

const USAGE = 'usage: npm run erase -- --creator ID [--yes] [--aws] [--wait SECONDS] [--keep-secret DAYS]';

export const HELP = `${USAGE}

Removes all that there is of one creator. Without --yes it only says what that would be.

  --creator ID         whose data
  --yes                really do it
  --aws                in AWS, as the environment says (docs/deploy.md); otherwise on this machine
  --wait SECONDS       how long operations that are at work are awaited, 120 unless said
  --keep-secret DAYS   the secret can be restored for 7 to 30 days; otherwise it goes at once, like all the rest`;

/** What the command was asked to do. */
export interface EraseArguments {
  creatorId: string;
  yes: boolean;
  aws: boolean;
  waitMs: number;
  recoveryDays: number | undefined;
}

/** What Secrets Manager allows. */
const RECOVERY = { least: 7, most: 30 };

/**
 * Reads the command line.
 * @throws StartError with one line that says what is wrong
 */
export function readEraseArguments(argv: string[]): EraseArguments {
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      options: {
        creator: { type: 'string' },
        yes: { type: 'boolean', default: false },
        aws: { type: 'boolean', default: false },
        wait: { type: 'string', default: '120' },
        'keep-secret': { type: 'string' },
      },
    });
  } catch (error) {
    throw new StartError(
      `${error instanceof Error ? error.message.split(/[.\n]/)[0] : String(error)}; ${USAGE}`,
    );
  }
  const { creator, yes, aws, wait, 'keep-secret': keep } = parsed.values;
  if (creator === undefined) throw new StartError(`--creator is missing: whose data? ${USAGE}`);
  if (!isSafeId(creator)) throw new StartError(`--creator must be ${SAFE_ID_RULE}; nothing was looked for`);
  const recoveryDays =
    keep === undefined ? undefined : numberOf('--keep-secret', keep, { most: RECOVERY.most, whole: true });
  if (recoveryDays !== undefined && recoveryDays < RECOVERY.least)
    throw new StartError(
      `--keep-secret must be from ${RECOVERY.least} to ${RECOVERY.most} days, as Secrets Manager has it; ` +
        'without it the secret goes at once',
    );
  const waitMs = numberOf('--wait', wait, { most: 86_400, orZero: true }) * 1_000;
  return { creatorId: creator, yes, aws, waitMs, recoveryDays };
}
