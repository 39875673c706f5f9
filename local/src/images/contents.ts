import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuiltImage } from './build.ts';
import type { Commands } from './command.ts';
import type { Contents } from './judge.ts';

const MEASURE_S = 120;

/** What Node's image has for builds, and apt leaves behind. */
const FOR_BUILDS = [
  'opt/yarn*',
  'usr/local/bin/{npm,npx,corepack,yarn,yarnpkg}',
  'usr/local/include/*',
  'usr/local/lib/node_modules',
  'var/lib/apt/lists/*_Packages',
  'var/cache/apt/archives/*.deb',
  'app/check-browser.ts',
  '**/.npmrc',
];

/** Looks through an image's files. @param libraries that came with the browser, by file name */
export async function contentsOf(
  { output }: Commands,
  { root }: BuiltImage,
  libraries: string[],
): Promise<Contents> {
  const [bytes = ''] = (await output('du', ['--bytes', '--summarize', root], MEASURE_S)).split('\t');
  const status = readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8');
  const [triplet = ''] = globSync('usr/lib/*-linux-gnu', { cwd: root });
  return {
    bytes: Number(bytes),
    packages: status.match(/^Status: install ok installed$/gm)?.length ?? 0,
    modules: globSync('app/node_modules/{[!@]*,@*/*}/package.json', { cwd: root })
      .map(file => JSON.parse(readFileSync(join(root, file), 'utf8')) as { name?: string; version?: string })
      .flatMap(({ name, version }) => (name && version ? [`${name} ${version}`] : []))
      .sort(),
    leftovers: FOR_BUILDS.flatMap(pattern => globSync(pattern, { cwd: join(root) })),
    brought: existsSync(join(root, 'opt/chromium/lib'))
      ? libraries.filter(library => !existsSync(join(root, triplet, library))).sort()
      : [],
  };
}
