import { NotYet } from '../rotation/errors.ts';
import type { LetsIn } from './rotation.ts';

/** What is needed of a connection; iovalkey's client has it. Every call ends by itself. */
export interface Connection {
  connect(): Promise<unknown>;
  ping(): Promise<unknown>;
  disconnect(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * Asks Redis itself, with a connection of its own for each password.
 * @param connectWith makes a connection that doesn't connect by itself, nor again
 */
export function asksRedis(connectWith: (password: string) => Connection): LetsIn {
  return async password => {
    const connection = connectWith(password);
    const refusals: Error[] = [];
    // The client tells of a refused password here, and goes on with the connection.
    connection.on('error', error => void refusals.push(error));
    try {
      await connection.connect();
      await connection.ping();
      return true;
    } catch (error) {
      // The errors themselves stay here: the client's have the command with its arguments on them.
      const errors = error instanceof Error ? [error, ...refusals] : refusals;
      if (errors.some(({ message }) => /^(WRONGPASS|NOAUTH)\b/.test(message))) return false;
      throw new NotYet(`Redis can't be asked: ${errors[0]?.name ?? 'no answer'}`);
    } finally {
      connection.disconnect();
    }
  };
}
