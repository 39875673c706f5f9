import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync, appendFileSync, chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nodePath } from '../../../setup/found.js';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import type { Buildah } from './buildah.ts';
import type { Commands } from './command.ts';

/** For the build only, as any that reads a lock file of version 3: Node's image has its own. */
const NPM = 'npm@11.19.1';
const BOOTSTRAP_S = 600;
const STEP_S = 300;

/** What Debian's slim images leave out of every package, in dpkg's words. */
const SLIM = [
  ...['doc', 'groff', 'info', 'linda', 'lintian', 'locale', 'man'].map(
    name => `path-exclude=/usr/share/${name}/*`,
  ),
  'path-include=/usr/share/doc/*/copyright',
];
/** Without these, apt chooses the package that merges /usr where it isn't yet, and with it the whole of Perl. */
const MERGED = ['--include=usr-is-merged', '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr'];

/**
 * Makes what stands in for Node's own image, which can't be pulled without a registry, under its very name: Debian's
 * smallest root with our Node, an npm for the build, its user, and what else that image has and ours must not keep.
 * @param name the image's name and tag, as the Dockerfiles have it
 */
export async function makeBase(commands: Commands, buildah: Buildah, name: string): Promise<void> {
  const root = join(commands.folder, 'base');
  const tar = `${root}.tar`;
  const slim = SLIM.map(option => `--dpkgopt=${option}`);
  await commands.output(
    'mmdebstrap',
    ['--variant=minbase', ...MERGED, ...slim, 'bookworm', root],
    BOOTSTRAP_S,
  );

  cpSync(nodePath(PROJECT_ROOT), join(root, 'usr/local/bin/node'));
  await commands.output('npm', ['install', '--global', `--prefix=${root}/usr/local`, NPM], STEP_S);
  await lendNpmsWay(commands, join(root, 'usr/local/lib/node_modules/npm'));
  // Names under which Node's image has them; of their content nothing is needed.
  for (const file of ['opt/yarn-v1.22.22/bin/yarn', 'usr/local/include/node/node.h']) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  symlinkSync('/opt/yarn-v1.22.22/bin/yarn', join(root, 'usr/local/bin/yarn'));
  appendFileSync(join(root, 'etc/passwd'), 'node:x:1000:1000::/home/node:/bin/bash\n');
  appendFileSync(join(root, 'etc/group'), 'node:x:1000:\n');
  mkdirSync(join(root, 'home/node'));
  await commands.output('chown', ['1000:1000', join(root, 'home/node')], STEP_S);
  // Node's image is lent no name server, and no name, of the machine that made it.
  for (const file of ['etc/resolv.conf', 'etc/hostname']) writeFileSync(join(root, file), '');
  chmodSync(join(root, 'tmp'), 0o1777);

  // A build has devices of its own.
  await commands.output(
    'tar',
    ['--create', '--file', tar, '--exclude=./dev/*', '--directory', root, '.'],
    STEP_S,
  );
  rmSync(root, { recursive: true });
  await buildah.importTar(tar, name);
  rmSync(tar);
}

/** Tells the build's npm how npm on this machine reaches its registry. It lies in npm's own folder, and goes with it. */
async function lendNpmsWay({ output, env }: Commands, npm: string): Promise<void> {
  const { cafile, registry } = JSON.parse(await output('npm', ['config', 'list', '--json'], STEP_S)) as {
    cafile: string | null;
    registry: string;
  };
  const lines = [`registry=${registry}`];
  const certificates = cafile ?? env['NODE_EXTRA_CA_CERTS'];
  if (certificates) {
    cpSync(certificates, join(npm, 'certificates.pem'));
    lines.push('cafile=/usr/local/lib/node_modules/npm/certificates.pem');
  }
  writeFileSync(join(npm, 'npmrc'), `${lines.join('\n')}\n`);
}
