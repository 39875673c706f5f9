import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartError } from '../supervisor/errors.ts';
import { numberOf } from './number-option.ts';

export const USAGE =
  'usage: npm run job -- FILE.jsonl [--out FILE] [--json] [--limit N --window S] [--site URL]';

/** What the command was asked to do. */
export interface Arguments {
  file: string;
  out: string | undefined;
  json: boolean;
  limit: number;
  windowSeconds: number;
  site: string | undefined;
}

/**
 * Reads the command line.
 * @throws StartError with one line that says what is wrong
 */
export function readArguments(argv: string[]): Arguments {
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        json: { type: 'boolean', default: false },
        limit: { type: 'string', default: '10' },
        window: { type: 'string', default: '60' },
        site: { type: 'string' },
      },
    });
  } catch (error) {
    throw new StartError(
      `${error instanceof Error ? error.message.split(/[.\n]/)[0] : String(error)}; ${USAGE}`,
    );
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 1) throw new StartError(`name one file of requests; ${USAGE}`);
  return {
    file: positionals[0]!,
    out: values.out === undefined ? undefined : writable(values.out),
    json: values.json,
    limit: numberOf('--limit', values.limit, { most: 10_000, whole: true }),
    windowSeconds: numberOf('--window', values.window, { most: 86_400 }),
    site: values.site === undefined ? undefined : originOf(values.site),
  };
}

/** Whether the results can be written there is found out before anything is sent. */
function writable(file: string): string {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
      throw Object.assign(new Error(), { code: 'EISDIR' });
    accessSync(dirname(resolve(file)), constants.W_OK);
    return file;
  } catch (error) {
    throw new StartError(`--out ${file} can't be written: ${whyNot(error)}`);
  }
}

function originOf(text: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new StartError(`--site must be an address like http://127.0.0.1:4000, not "${text}"`);
  return url.origin;
}

const REASONS: Record<string, string> = {
  ENOENT: 'it is not there',
  EISDIR: 'it is a folder',
  EACCES: 'not allowed',
  EROFS: 'the disk is read-only',
};

/** Why a file can't be used, in words. */
export function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? code ?? message;
}
