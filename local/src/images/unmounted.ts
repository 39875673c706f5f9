import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { sep } from 'node:path';
import { StartError } from '../supervisor/errors.ts';

const UNMOUNT_MS = 10_000;

/**
 * What is mounted in a folder or on it, the innermost first.
 * @param mountInfo the text of /proc/self/mountinfo
 */
export function mountsIn(folder: string, mountInfo: string): string[] {
  return mountInfo
    .split('\n')
    .flatMap(line => line.split(' ')[4] ?? [])
    .map(place =>
      place.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    )
    .filter(place => place === folder || place.startsWith(folder + sep))
    .toReversed();
}

/**
 * Removes a folder, but never through a mount that a program which was killed has left there: behind it may be the
 * machine's own files.
 * @throws StartError when something stays mounted; the folder then stays as well
 */
export function removeUnmounted(folder: string): void {
  const mounts = () => mountsIn(folder, readFileSync('/proc/self/mountinfo', 'utf8'));
  for (const place of mounts())
    execFileSync('umount', ['--lazy', place], { timeout: UNMOUNT_MS, stdio: 'ignore' });
  const left = mounts();
  if (left.length > 0)
    throw new StartError(`${left.join(', ')} could not be unmounted; run: umount --lazy ${left.join(' ')}`);
  rmSync(folder, { recursive: true, force: true });
}
