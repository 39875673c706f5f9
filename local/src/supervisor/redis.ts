import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { found, type ScriptClient } from '@huntaze/core/lua';
import { Redis } from 'iovalkey';
import { startPart, type Part, type PartSpec, type Watch } from './part.ts';
import { keptPort } from './port.ts';

/** A Redis server of our own, on loopback. */
export interface LocalRedis {
  part: Part;
  port: number;
  password: string;
}

export interface RedisOptions {
  /** The program, of Redis or Valkey. */
  server: string;
  port: number;
  password: string;
  /** Where it keeps what it is told; without one it forgets everything when it ends. */
  folder?: string;
}

/**
 * How a real Redis (or Valkey) is started. With a folder, nothing is lost when its process is killed: a command is
 * in the system's hands before it is answered. When the machine loses power, at most a second is (AWS's managed
 * Redis promises no more); an end that was cut off is left out at the next start.
 */
export function redisPart({
  server,
  port,
  password,
  folder,
}: RedisOptions): Omit<PartSpec, 'name' | 'logFile'> {
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
  // By standard input: a command line can be read by every user of the machine.
  const configuration = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'maxmemory-policy noeviction',
    'save ""',
    'daemonize no',
    ...(folder === undefined
      ? ['appendonly no']
      : [
          'appendonly yes',
          'appendfsync everysec',
          'aof-load-truncated yes',
          `dir ${JSON.stringify(folder)}`,
        ]),
  ];
  return {
    command: server,
    args: ['-'],
    env: {},
    input: () => `${configuration.join('\n')}\n`,
    ready: async () => {
      const client = connectRedis(port, password);
      try {
        await client.ping();
        if (folder !== undefined) await sayWhatIsKnown(client, folder);
      } finally {
        client.disconnect();
      }
    },
  };
}

/**
 * Tells the line what this Redis remembers, so that nobody waits for what can't be: nothing was ever in a new folder,
 * and nothing is lost in one whose machine has been running since.
 */
async function sayWhatIsKnown(client: ScriptClient, folder: string): Promise<void> {
  const file = join(folder, 'boot-id');
  const boot = bootId();
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (before === undefined) await found(client, 'new');
  else if (boot !== '' && before === boot) await found(client, 'same');
  writeFileSync(file, boot);
}

/** Names the time since the machine was started; empty where the system has no such name. */
function bootId(): string {
  const file = '/proc/sys/kernel/random/boot_id';
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

/** Starts a Redis that holds everything in memory, for tests and simulations; it answers when this returns. */
export async function startRedis(
  server: string,
  password: string,
  logFile: string,
  watch?: Watch,
): Promise<LocalRedis> {
  const port = await keptPort();
  const spec = { name: 'redis', logFile, ...redisPart({ server, port, password }) };
  const part = await startPart(spec, undefined, watch);
  return { part, port, password };
}

/** A client for {@link startRedis}'s server that doesn't try again: for probes and tests. */
export function connectRedis(port: number, password: string): Redis {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    password,
    lazyConnect: true,
    connectTimeout: 1_000,
    disconnectTimeout: 100,
    commandTimeout: 5_000,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  client.on('error', () => undefined); // the command that fails says it
  return client;
}
