import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { StartError } from '../supervisor/errors.ts';

export const HELP = `npm run token -- create --name NAME [--role viewer|creator|operator] [--creators ada,bea | --creators all] [--days N]
npm run token -- list
npm run token -- revoke ID

A token is shown once, when it is made; what is kept of it is its hash. The role creator (the default) may ask for
operations of its creators; a viewer looks; an operator also pauses, redrives, and changes limits.

--api URL     of which API: http://127.0.0.1:3000 unless said
HUNTAZE_TOKEN the token of an operator of all creators by which the API is asked; without it, the one that npm start has
              made (.data/token)`;

/** What the command is to do. */
type TokenOrder =
  | { is: 'create'; name: string; role: string; creators: 'all' | string[]; expiresAt: Date | undefined }
  | { is: 'list' }
  | { is: 'revoke'; id: string };

export interface TokenArguments {
  order: TokenOrder;
  api: string;
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 3_650;

/** @throws StartError with one line that says what is wrong */
export function readTokenArguments(argv: string[], now: Date): TokenArguments {
  const options = {
    name: { type: 'string' },
    role: { type: 'string', default: 'creator' },
    creators: { type: 'string' },
    days: { type: 'string' },
    api: { type: 'string', default: 'http://127.0.0.1:3000' },
  } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: argv, options, allowPositionals: true });
  } catch (error) {
    throw new StartError(`${(error as Error).message.split('\n')[0]}; see npm run token -- --help`);
  }
  const { values, positionals } = parsed;
  const [order, id, ...more] = positionals;
  const api = values.api.replace(/\/+$/, '');
  if (!/^https?:$/.test(URL.parse(api)?.protocol ?? ''))
    throw new StartError(`--api must be an http:// or https:// address, not "${values.api}"`);
  if (more.length > 0 || (id !== undefined && order !== 'revoke'))
    throw new StartError(`"${more[0] ?? id}" is one word too many; see npm run token -- --help`);
  switch (order) {
    case 'list':
      return { api, order: { is: 'list' } };
    case 'revoke':
      if (id === undefined) throw new StartError('revoke which one? npm run token -- list names them');
      return { api, order: { is: 'revoke', id } };
    case 'create': {
      const { name, role, creators, days } = values;
      if (name === undefined)
        throw new StartError('--name is missing: what is the token for? For example --name "Ada’s app"');
      if (creators === undefined)
        throw new StartError(
          '--creators is missing: whose? For example --creators ada,bea, or --creators all',
        );
      if (days !== undefined && !(/^\d+$/.test(days) && Number(days) >= 1 && Number(days) <= MOST_DAYS))
        throw new StartError(`--days must be a whole number from 1 to ${MOST_DAYS}, not "${days}"`);
      const expiresAt = days === undefined ? undefined : new Date(now.getTime() + Number(days) * DAY_MS);
      const whose = creators === 'all' ? 'all' : creators.split(',');
      return { api, order: { is: 'create', name, role, creators: whose, expiresAt } };
    }
    default:
      throw new StartError(
        `${order === undefined ? 'what?' : `"${order}" is not known:`} create, list or revoke; see npm run token -- --help`,
      );
  }
}

/**
 * The token by which the API is asked.
 * @throws StartError when there is none
 */
export function operatorToken(env: Record<string, string | undefined>, dataDir: string): string {
  const given = env['HUNTAZE_TOKEN'];
  if (given) return given;
  const file = join(dataDir, 'token');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new StartError(
    'no token to ask with: start the pipeline with npm start, or set HUNTAZE_TOKEN to an operator’s',
  );
}
