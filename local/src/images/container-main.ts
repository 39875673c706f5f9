/**
 * Stands on the host for a container: node container-main.ts ROOT OPEN_FILES FOLDER UID GID COMMAND …, see enter.sh. It is
 * what the supervisor knows, signals and ends: the container's own process becomes several programs, one after the other.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';

const enter = join(import.meta.dirname, 'enter.sh');
const namespaces = ['--mount', '--ipc', '--uts'];
const child = spawn('unshare', [...namespaces, 'sh', enter, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal));
child.once('error', error => {
  process.stderr.write(`container: ${error.message}\n`);
  process.exitCode = 1;
});
child.once('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
});
