import { appendFileSync } from 'node:fs';
import { reasonOf, run, type Context } from '../../../setup/run.js';
import { StartError } from '../supervisor/errors.ts';

/** Runs programs one after the other, each with a deadline, and keeps what they print. */
export interface Commands {
  /** Where everything of this run lies; removed at its end. */
  folder: string;
  say: (line: string) => void;
  signal: AbortSignal;
  /** What the programs get. */
  env: Context['env'];
  /**
   * Runs a program to its end and returns what it printed.
   * @throws StartError with the one line that tells why it failed; the signal's reason
   */
  output: (program: string, args: string[], deadlineS: number) => Promise<string>;
  /** The same for one that may fail. `output` is all it printed, on both outputs. */
  outcome: (program: string, args: string[], deadlineS: number) => Promise<{ ok: boolean; output: string }>;
}

/**
 * @param context `env` is what the programs get
 * @param folder where their output is kept too, as `programs.log`
 */
export function commandsIn(context: Context, folder: string): Commands {
  const outcome: (...args: Parameters<Commands['outcome']>) => ReturnType<typeof run> = async (
    program,
    args,
    deadlineS,
  ) => {
    const ended = await run(context, program, args, { deadlineS, group: true });
    appendFileSync(`${folder}/programs.log`, `$ ${program} ${args.join(' ')}\n${ended.output}\n`);
    return ended;
  };
  return {
    folder,
    say: context.say,
    signal: context.signal,
    env: context.env,
    outcome,
    async output(program, args, deadlineS) {
      const ended = await outcome(program, args, deadlineS);
      if (!ended.ok) throw new StartError(`${program} ${args[0] ?? ''}: ${reasonOf(ended.output)}`);
      return ended.stdout;
    },
  };
}
