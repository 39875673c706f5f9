import { closeSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { Message } from './conversations.ts';
import type { SiteLogEntry } from './log.ts';

/** Everything that changes what the site remembers. */
export type SiteEvent =
  | { event: 'login'; token: string; account: string }
  /** Ends all sessions of an account; of everybody, where it is null. */
  | { event: 'logout'; account: string | null }
  | { event: 'visit'; entry: SiteLogEntry }
  /** A message, and the line of the log that tells of it: both or none. */
  | { event: 'message'; account: string; fan: string; message: Message; entry: SiteLogEntry }
  /** A new password, by its digest. All sessions of the account end but the one that changed it (`token`). */
  | { event: 'password'; account: string; digest: string; token: string; entry: SiteLogEntry };

/** The state file can't be used; the message is one line that names it. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** Where events go before they take effect, one JSON object a line. */
export interface EventFile {
  append(event: SiteEvent): void;
  close(): void;
}

/** Nothing is kept. */
export const noFile: EventFile = { append: () => undefined, close: () => undefined };

/**
 * Opens the file and reads what happened before. A last line that is only half there belongs to an event whose
 * request was never answered: it is dropped, and the file goes on in its place. Each event is one write, so
 * that it survives the end of this process, however sudden; the file grows until it is deleted.
 * @throws StateError
 */
export function openEvents(path: string): { events: SiteEvent[]; file: EventFile } {
  try {
    const descriptor = openSync(path, 'a', 0o600);
    const bytes = readFileSync(path);
    const end = bytes.lastIndexOf('\n') + 1;
    if (end < bytes.length) truncateSync(path, end);
    let open = true;
    return {
      events: parse(bytes.toString('utf8', 0, end), path),
      file: {
        append: event => void writeSync(descriptor, `${JSON.stringify(event)}\n`),
        close: () => {
          if (open) closeSync(descriptor);
          open = false;
        },
      },
    };
  } catch (error) {
    if (error instanceof StateError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StateError(`state file ${path}: ${code ?? message}`, { cause: error });
  }
}

function parse(text: string, path: string): SiteEvent[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      try {
        return JSON.parse(line) as SiteEvent;
      } catch (error) {
        throw new StateError(`state file ${path}: line ${i + 1} is not JSON: delete the file to begin anew`, {
          cause: error,
        });
      }
    });
}
