import { cpSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StartError } from '../supervisor/errors.ts';
import type { Commands } from './command.ts';

const PACK_S = 300;
const ASK_S = 30;

/** Where Debian's package has the browser itself; what is on PATH is a script that starts it. */
const DEBIANS = '/usr/lib/chromium/chromium-headless-shell';
/** Of Debian's folder, what only another build of the browser, or somebody who develops it, reads. */
const UNUSED = /^chromium$|crashpad|validation|mock|\.TOC$|^locales$/;
/** Every Debian has these, and they belong together. */
const SYSTEMS_OWN = /^(ld-linux|linux-vdso|lib(c|m|dl|rt|pthread|resolv|gcc_s|stdc\+\+)\.so)/;

/** Debian links its browser with the system's libraries where Google's has its own: the system's first, then those that it lacks. */
const LAUNCHER = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=/usr/lib/$(uname -m)-linux-gnu:$here/lib exec "$here/chromium-headless-shell" "$@"
`;

/**
 * Packs this machine's browser as Playwright's archive of it is laid out: one folder, in it `chrome-headless-shell`.
 * @param folder the folder's name within the archive
 * @returns the libraries that came along with it
 * @throws StartError when it is neither Playwright's download nor Debian's
 */
export async function packBrowser(
  commands: Commands,
  chromium: string,
  folder: string,
  zip: string,
): Promise<string[]> {
  const target = join(commands.folder, folder);
  const real = realpathSync(chromium);
  let libraries: string[] = [];
  if (basename(real) === 'chrome-headless-shell') cpSync(dirname(real), target, { recursive: true });
  else if (basename(real) === basename(DEBIANS)) {
    mkdirSync(join(target, 'lib'), { recursive: true });
    for (const name of readdirSync(dirname(DEBIANS)).filter(one => !UNUSED.test(one)))
      cpSync(join(dirname(DEBIANS), name), join(target, name), { recursive: true });
    const linked = await commands.output('ldd', [DEBIANS], ASK_S);
    const files = [...linked.matchAll(/=> (\/\S+)/g)].map(([, file = '']) => file);
    const brought = files.filter(file => !SYSTEMS_OWN.test(basename(file)));
    for (const file of brought) cpSync(realpathSync(file), join(target, 'lib', basename(file)));
    libraries = brought.map(file => basename(file));
    writeFileSync(join(target, 'chrome-headless-shell'), LAUNCHER, { mode: 0o755 });
  } else
    throw new StartError(
      `the image's browser is packed from Debian's headless shell or Playwright's download, and ${chromium} is neither; ` +
        'run: apt-get install --no-install-recommends chromium-headless-shell && npm start',
    );
  await zipped(commands, zip, folder);
  rmSync(target, { recursive: true });
  return libraries;
}

/** Packs files, by name, with their content. */
export async function packFolder(
  commands: Commands,
  zip: string,
  files: Record<string, string>,
): Promise<void> {
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(commands.folder, name), text, { mode: 0o755 });
  await zipped(commands, zip, ...Object.keys(files));
}

/** Stored, not compressed: it goes over loopback once. */
async function zipped({ output, folder }: Commands, zip: string, ...names: string[]): Promise<void> {
  await output('env', ['-C', folder, 'zip', '-q', '-r', '-0', zip, ...names], PACK_S);
}
