/**
 * The process "aws": AWS's protocols on this machine. RESOURCES_FILE names a JSON file of what exists from
 * the start (`-`: standard input, so that secrets need no file); see resources.ts for its shape.
 * STATE_FILE names the database that keeps everything beyond the process (`.data/local-aws.sqlite` if it isn't set);
 * with `:memory:` everything ends with the process.
 * FAULTS_FILE names a JSON file of what is to go wrong; see faults/plan.ts for its shape.
 *
 * What runs is in run.ts. It is compiled into a cache, unless it is there, and then run from it by the process that
 * replaces this one, keeping its id and its streams: without the TypeScript compiler, which stays in memory once it was
 * needed, it takes 78 MB instead of 94 to 107 when idle.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/compiled', import.meta.url));
const RUN = fileURLToPath(new URL('run.ts', import.meta.url));

// Not every platform can replace a process: there it runs on as it is. Whoever sets the variable has a cache already.
const isReplaced = process.env['NODE_COMPILE_CACHE'] === undefined && process.execve !== undefined;
if (isReplaced) enableCompileCache(CACHE);
const { run } = await import('./run.ts');
flushCompileCache(); // Whoever is killed later has left it for the next start.
if (isReplaced)
  process.execve?.(process.execPath, [process.execPath, ...process.execArgv, RUN, ...process.argv.slice(2)], {
    ...process.env,
    NODE_COMPILE_CACHE: CACHE,
  });
await run();
