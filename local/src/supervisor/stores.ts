import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accountBook, keptSecret } from './accounts.ts';
import { claimFolder } from './claim.ts';
import { startGuard } from './guarded.ts';
import { startPart, type Part } from './part.ts';
import { parts, type StoresSetting } from './parts.ts';
import { keptPort } from './port.ts';
import { findTools } from './tools.ts';

/** Redis and local AWS of an installation that stands still, and nothing else of it. */
export interface Stores {
  ports: { redis: number; aws: number };
  redisPassword: string;
  stop(): Promise<void>;
}

/** How long both may take to stop (ms). */
const STOP_MS = 4_000;

/**
 * Starts what holds the data of an installation, without what works on it. Nobody else can start it meanwhile.
 * @throws StartError with one line, as when it runs; the signal's reason
 */
export async function startStores(
  dataDir: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Stores> {
  const claim = await claimFolder(dataDir, say);
  const guard = startGuard(id => claim.guardIs(id));
  const watch = {
    began(name: string, leader: Parameters<typeof claim.began>[1]) {
      guard.began(leader);
      claim.began(name, leader);
    },
    ended(_: string, leader: Parameters<typeof claim.ended>[0]) {
      guard.ended(leader);
      claim.ended(leader);
    },
  };
  const running: Part[] = [];
  const stop = async () => {
    try {
      await Promise.all(running.map(part => part.stop(STOP_MS)));
      await guard.close();
    } finally {
      claim.release();
    }
  };
  try {
    const logs = join(dataDir, 'logs');
    mkdirSync(logs, { recursive: true, mode: 0o700 });
    const setting: StoresSetting = {
      dataDir,
      tools: findTools(),
      ports: { redis: await keptPort(), aws: await keptPort() },
      redisPassword: keptSecret(dataDir, 'redis-password'),
      // Of this run nobody has an account: those that there are, are there.
      accounts: accountBook(join(dataDir, 'accounts.json')),
    };
    for (const spec of [parts.redis(setting), parts.aws(setting)])
      running.push(await startPart({ ...spec, logFile: join(logs, `${spec.name}.log`) }, signal, watch));
    return { ports: setting.ports, redisPassword: setting.redisPassword, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
