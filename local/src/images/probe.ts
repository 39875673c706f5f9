// What a process in one of our containers is and may do, as JSON on one line. It is run there as text (`node -e`).
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** The kernel's own, and what every container runtime leaves writable. */
const NOT_LOOKED_AT = new Set(['/proc', '/sys', '/dev/shm']);
const written: string[] = [];
const refusals = new Set<string>();
let folders = 0;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);

function look(folder: string): void {
  if (NOT_LOOKED_AT.has(folder)) return;
  folders += 1;
  const target = `${folder}/written-by-the-trial`.replace('//', '/');
  try {
    mkdirSync(target);
    rmdirSync(target);
    written.push(folder);
  } catch (error) {
    refusals.add(codeOf(error));
  }
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) look(`${folder}/${entry.name}`.replace('//', '/'));
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
  }
}
look('/');
const rewritten: string[] = [];
for (const file of [
  '/app/package.json',
  '/app/main.mjs',
  '/app/api/server.js',
  '/etc/passwd',
  process.execPath,
])
  try {
    writeFileSync(file, '');
    rewritten.push(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') refusals.add(codeOf(error));
  }
const status = Object.fromEntries(
  readFileSync('/proc/self/status', 'utf8')
    .split('\n')
    .map(line => line.split(/:\s+/)),
);
const { CapInh, CapPrm, CapEff, CapBnd, CapAmb } = status;
console.log(
  JSON.stringify({
    uid: process.getuid?.(),
    gid: process.getgid?.(),
    groups: process.getgroups?.(),
    capabilities: [CapInh, CapPrm, CapEff, CapBnd, CapAmb],
    folders,
    written,
    rewritten,
    refusals: [...refusals].sort(),
    node: process.version,
  }),
);
