import { readdirSync, readFileSync } from 'node:fs';

const KIB = 1_024;

// Read at once, not in the background: nothing here waits for a disk, and handing each file to Node's threads costs many
// times what the kernel takes to answer.

/**
 * The process and all that descend from it. On a system without /proc: the process alone.
 * What they started and gave away (a parent that has ended) isn't found.
 */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of processes()) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = parentOf(pid);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/**
 * Memory of a process and its descendants in bytes, what they share counted once; undefined where /proc doesn't say.
 * What is its own counts of each, and of the files that all of them map (Chromium itself) the largest share. That is
 * less than the kernel's own sum (Pss), which takes far longer to read, and which the sandbox refuses.
 */
export function treeMemory(root: number): number | undefined {
  let own = 0;
  let mapped = 0;
  for (const pid of processTree(root)) {
    const status = text(`/proc/${pid}/status`);
    own += (kib(status, 'RssAnon') ?? 0) + (kib(status, 'RssShmem') ?? 0);
    mapped = Math.max(mapped, kib(status, 'RssFile') ?? 0);
  }
  return own + mapped > 0 ? (own + mapped) * KIB : undefined;
}

function processes(): string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}

function parentOf(pid: number): number | undefined {
  const stat = text(`/proc/${pid}/stat`);
  // The name, in brackets, may hold anything, brackets too.
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return parent === undefined ? undefined : Number(parent);
}

/** Nothing for a process that has just ended, or that doesn't let us look. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function kib(text_: string, field: string): number | undefined {
  const value = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text_)?.[1];
  return value === undefined ? undefined : Number(value);
}
