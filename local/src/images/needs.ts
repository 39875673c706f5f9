import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { StartError } from '../supervisor/errors.ts';

/** What builds and starts images without a daemon: the program, and Debian's package of it. */
const PROGRAMS = {
  buildah: 'buildah',
  mmdebstrap: 'mmdebstrap',
  zip: 'zip',
  tar: 'tar',
  unshare: 'util-linux',
  mount: 'mount',
};

/** The machine as far as it matters here. */
export interface Machine {
  platform: NodeJS.Platform;
  isRoot: boolean;
  path: string;
}

/**
 * Looks for what the command needs.
 * @throws StartError with one line that says what to install, or how to run it
 */
export function checkNeeds({ platform, isRoot, path }: Machine): void {
  if (platform !== 'linux')
    throw new StartError(
      'images are built without a daemon on Linux only; here, let Docker build dist/scraper',
    );
  const packages = Object.entries(PROGRAMS).flatMap(([program, name]) =>
    isOnPath(program, path) ? [] : name,
  );
  if (packages.length > 0) {
    const install = `${isRoot ? '' : 'sudo '}apt-get install --no-install-recommends`;
    throw new StartError(
      `images are built with ${Object.keys(PROGRAMS).join(', ')}; run: ${install} ${packages.join(' ')}`,
    );
  }
  if (!isRoot) throw new StartError('images are built and started as root; run: sudo npm run images');
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
