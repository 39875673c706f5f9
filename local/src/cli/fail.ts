import { SetupError } from '../../../setup/run.js';
import { StartError } from '../supervisor/errors.ts';

/**
 * Ends the command with an error: a person's mistake in the one line that says what to do, anything else, which
 * is a mistake of ours, with its stack.
 */
export function fail(error: unknown): void {
  if (error instanceof StartError || error instanceof SetupError) console.error(error.message);
  else console.error(error);
  process.exitCode = 1;
}
