import { Redis } from 'iovalkey';
import { startPart, type Part } from './part.ts';
import { freePort } from './port.ts';

/** A Redis server of our own, on loopback. */
export interface LocalRedis {
  part: Part;
  port: number;
  password: string;
}

/** Starts a real Redis (or Valkey) that holds everything in memory; it answers when this returns. */
export async function startRedis(server: string, password: string, logFile: string): Promise<LocalRedis> {
  const port = await freePort();
  // By standard input: a command line can be read by every user of the machine.
  const configuration = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'maxmemory-policy noeviction',
    'save ""',
    'appendonly no',
    'daemonize no',
  ].join('\n');
  const part = await startPart({
    name: 'redis',
    command: server,
    args: ['-'],
    env: {},
    input: `${configuration}\n`,
    logFile,
    ready: async () => {
      const client = connectRedis(port, password);
      try {
        await client.ping();
      } finally {
        client.disconnect();
      }
    },
  });
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
    commandTimeout: 5_000,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  client.on('error', () => undefined); // the command that fails says it
  return client;
}
