import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { RuntimeProcess } from './environment.ts';
import { Refusal } from './refusal.ts';

const PACKAGE = 'aws-lambda-ric';
const LEASH = new URL('end-with-parent.ts', import.meta.url).href;
const HOW = `install it with "npm install --prefix FOLDER ${PACKAGE}@4" (it compiles for about a minute: cmake, make, g++ and python3 must be there) and set AWS_LAMBDA_RIC to FOLDER`;

/**
 * AWS's own runtime for Node.js, the one that runs in Lambda, about to run a bundle's `handler`.
 * @param folder the package itself, or where it was installed
 * @param env the function's environment
 * @throws Refusal when either isn't there
 */
export function ricProcess(
  folder: string | undefined,
  bundle: string,
  env: Readonly<Record<string, string | undefined>>,
): RuntimeProcess {
  if (folder === undefined) throw new Refusal(`FUNCTION_RUNTIME ric needs ${PACKAGE}: ${HOW}`);
  const entry = [folder, join(folder, 'node_modules', PACKAGE)].flatMap(where => entryOf(resolve(where)))[0];
  if (entry === undefined) throw new Refusal(`AWS_LAMBDA_RIC: there is no ${PACKAGE} in ${folder}; ${HOW}`);
  if (!existsSync(bundle)) throw new Refusal(`FUNCTION_BUNDLE can't be loaded: there is no ${bundle}`);
  const taskRoot = dirname(resolve(bundle));
  const handler = `${basename(bundle, extname(bundle))}.handler`;
  return {
    command: process.execPath,
    args: ['--import', LEASH, entry, handler],
    cwd: taskRoot,
    env: { ...env, _HANDLER: handler, LAMBDA_TASK_ROOT: taskRoot },
  };
}

/** The file that starts the package in this folder, if it is there. */
function entryOf(folder: string): string[] {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return [];
  const { name, bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown; bin?: unknown };
  if (name !== PACKAGE) return [];
  const file = typeof bin === 'string' ? bin : (bin as Record<string, string> | undefined)?.[PACKAGE];
  return file === undefined ? [] : [join(folder, file)];
}
