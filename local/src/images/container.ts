import { join } from 'node:path';
import type { PartSpec } from '../supervisor/part.ts';
import type { ImageConfig } from './buildah.ts';
import type { Task } from './task.ts';

/** An image that was built, and how it is run. */
export interface Runnable {
  /** The folder that holds its files. */
  root: string;
  config: ImageConfig;
  task: Task;
}

/** What is said of the machine, not to the pipeline's part: in a container the image and the task say it. */
const OF_THE_MACHINE = new Set([
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'TZ',
  'NODE_COMPILE_CACHE',
  'CHROMIUM_PATH',
]);

type Start = Pick<PartSpec, 'command' | 'args' | 'env'>;

/**
 * How the image's own command is started as a container.
 * @param env what the pipeline tells this part, before all where its neighbours are
 */
export function containerOf({ root, config, task }: Runnable, env: Record<string, string>): Start {
  return commandIn({ root, config, task }, config.Cmd, env);
}

/** The same for another command in such a container. */
export function commandIn(
  { root, config, task }: Runnable,
  command: string[],
  env: Record<string, string>,
): Start {
  const told = Object.entries(env).filter(([name]) => !OF_THE_MACHINE.has(name));
  const ofImage = config.Env.map(line => [
    line.slice(0, line.indexOf('=')),
    line.slice(line.indexOf('=') + 1),
  ]);
  const { openFiles, uid, gid } = task;
  return {
    command: process.execPath,
    args: [
      join(import.meta.dirname, 'container-main.ts'),
      root,
      String(openFiles ?? '-'),
      config.WorkingDir,
      String(uid),
      String(gid),
      ...command,
    ],
    env: { ...Object.fromEntries(ofImage), ...task.environment, ...Object.fromEntries(told) },
  };
}
