import { parseArgs } from 'node:util';
import { StartError } from '../supervisor/errors.ts';

const USAGE = 'usage: npm run rebuild -- [--api URL] [--after CURSOR] [--dry-run]';

export const HELP = `${USAGE}

After Redis has lost its memory: makes known again what it has lost of the operations that have ended, from their results of
the last 7 days. What is known stays as it is, and nothing is done again, so that it may be given at any time and twice. What
waits comes back by itself, as its messages come.

  --api URL        of which API, here or in AWS; http://127.0.0.1:3000 unless said
  --after CURSOR   goes on where it was broken off
  --dry-run        only says what of the first page would be known again

HUNTAZE_TOKEN      the token of an operator of all creators; without it, the one that npm start has made (.data/token)`;

export interface RebuildArguments {
  api: string;
  after: string | undefined;
  dryRun: boolean;
}

/** @throws StartError with one line that says what is wrong */
export function readRebuildArguments(argv: string[]): RebuildArguments {
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      options: {
        api: { type: 'string', default: 'http://127.0.0.1:3000' },
        after: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new StartError(`${(error as Error).message.split(/[.\n]/)[0]}; ${USAGE}`);
  }
  const { api, after, 'dry-run': dryRun } = parsed.values;
  if (!/^https?:$/.test(URL.parse(api)?.protocol ?? ''))
    throw new StartError(`--api must be an http:// or https:// address, not "${api}"`);
  return { api: api.replace(/\/+$/, ''), after, dryRun };
}
