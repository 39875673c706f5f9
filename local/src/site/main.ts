/** The target site as a process: reads the environment, serves until SIGTERM. */
import { systemClock } from '@huntaze/core/clock';
import { EnvironmentError, readEnv } from '@huntaze/core/env';
import { AccountsError, readAccounts } from './accounts.ts';
import { siteEnv } from './env.ts';
import { startSite, type Site } from './server.ts';
import { StateError } from './state.ts';

function inWords(error: unknown): string {
  const foreseen = [EnvironmentError, AccountsError, StateError].some(type => error instanceof type);
  if (foreseen) return (error as Error).message;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `port ${process.env['PORT']} is taken: set PORT to another, or to 0 for any free one`;
  if (code === 'EACCES')
    return `port ${process.env['PORT']} is not allowed for this user: set PORT above 1023`;
  return stack ?? message;
}

async function start(): Promise<Site> {
  const env = readEnv(siteEnv, process.env);
  return startSite({
    port: env.PORT,
    limit: env.SITE_LIMIT,
    windowMs: env.SITE_WINDOW_SECONDS * 1_000,
    accounts: readAccounts(env.SITE_ACCOUNTS_FILE),
    newcomer: email => readAccounts(env.SITE_ACCOUNTS_FILE).find(account => account.email === email),
    clock: systemClock,
    ...(env.SITE_STATE_FILE !== undefined && { stateFile: env.SITE_STATE_FILE }),
  });
}

try {
  const site = await start();
  process.stdout.write(`${JSON.stringify({ ready: true, port: site.port })}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      site.close().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`site: ${inWords(error)}\n`);
          process.exit(1);
        },
      );
    });
} catch (error) {
  process.stderr.write(`site: ${inWords(error)}\n`);
  process.exitCode = 1;
}
