/**
 * The process "aws": AWS's protocols on this machine. RESOURCES_FILE names a JSON file of what exists from
 * the start (`-`: standard input, so that secrets need no file); see resources.ts for its shape.
 * STATE_FILE names the database that keeps everything beyond the process (`.data/local-aws.sqlite` if it isn't set);
 * with `:memory:` everything ends with the process.
 * FAULTS_FILE names a JSON file of what is to go wrong; see faults/plan.ts for its shape.
 *
 * What runs is in run.ts. From the second start on all of it comes compiled from a cache, which has to be
 * known before the first file is read: so the process replaces itself, keeping its id and its streams. Without
 * the TypeScript compiler in it it takes 77 MB instead of 94 when idle.
 */
import { flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/compiled', import.meta.url));

// Not every platform can replace a process: there it runs on as it is.
if (process.env['NODE_COMPILE_CACHE'] === undefined)
  process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
    NODE_COMPILE_CACHE: CACHE,
  });
await import('./run.ts');
flushCompileCache(); // Whoever is killed later has left it for the next start.
