// npm run token: makes, lists and revokes the API's tokens, by asking the API.
import { resolve } from 'node:path';
import { StartError } from '../supervisor/errors.ts';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import { fail } from './fail.ts';
import { HELP, operatorToken, readTokenArguments, type TokenArguments } from './token-arguments.ts';

/** How long the API may take (ms). */
const ANSWER_MS = 15_000;

/** A token as the API tells of it. */
interface Shown {
  token?: string;
  id: string;
  name: string;
  role: string;
  creators: 'all' | string[];
  created_at: string;
  expires_at?: string;
}

async function ask(
  { api }: TokenArguments,
  bearer: string,
  method: string,
  path: string,
  body?: object,
): Promise<Shown & { tokens?: Shown[] }> {
  const answer = await fetch(`${api}/api/tokens${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch((error: unknown) => {
    throw new StartError(
      `the API at ${api} does not answer (${(error as Error).message}): does the pipeline run? npm start, or --api URL`,
    );
  });
  const json = (await answer.json().catch(() => ({}))) as Shown & { detail?: string; tokens?: Shown[] };
  if (!answer.ok) throw new StartError(`the API answered ${answer.status}: ${json.detail ?? ''}`);
  return json;
}

const line = ({ id, name, role, creators, created_at, expires_at }: Shown) =>
  [
    id,
    role,
    creators === 'all' ? 'all creators' : creators.join(','),
    `since ${created_at.slice(0, 10)}`,
    ...(expires_at === undefined ? [] : [`until ${expires_at.slice(0, 10)}`]),
    name,
  ].join('  ');

async function main(argv: string[]): Promise<void> {
  if (argv.includes('--help')) return console.log(HELP);
  const args = readTokenArguments(argv, new Date());
  const dataDir = resolve(PROJECT_ROOT, process.env['HUNTAZE_DATA_DIR'] || '.data');
  const bearer = operatorToken(process.env, dataDir);
  const { order } = args;
  switch (order.is) {
    case 'create': {
      const { name, role, creators, expiresAt } = order;
      const expires = expiresAt && { expires_at: expiresAt.toISOString() };
      const made = await ask(args, bearer, 'POST', '', { name, role, creators, ...expires });
      console.log(made.token);
      return console.error(`${line(made)}\nIt is not shown again.`);
    }
    case 'list': {
      const { tokens = [] } = await ask(args, bearer, 'GET', '');
      return console.log(tokens.length === 0 ? 'no token but the first' : tokens.map(line).join('\n'));
    }
    case 'revoke': {
      const revoked = await ask(args, bearer, 'DELETE', `/${encodeURIComponent(order.id)}`);
      return console.log(`${line(revoked)}\nrevoked: nobody is let in with it half a minute from now`);
    }
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  fail(error);
}
