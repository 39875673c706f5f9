import { join } from 'node:path';
import type { Commands } from './command.ts';

/** Generous: packages are downloaded, and layers copied file by file. */
const BUILD_S = 1_200;
const STEP_S = 300;

/** What an image says of itself (OCI's image configuration). */
export interface ImageConfig {
  Env: string[];
  Cmd: string[];
  User: string;
  WorkingDir: string;
  Volumes?: Record<string, object>;
}

export interface Build {
  context: string;
  tag: string;
  args: Record<string, string>;
  /** Keeps what each step made, for a build after this one. */
  layers: boolean;
}

/** Images and containers in a store of our own, which goes with its folder. */
export type Buildah = ReturnType<typeof buildahIn>;

export function buildahIn(commands: Commands) {
  const store = ['--root', 'store', '--runroot', 'running'].map(word =>
    word.startsWith('--') ? word : join(commands.folder, word),
  );
  const common = [...store, '--storage-driver', 'vfs'];
  const call = (args: string[], deadlineS = STEP_S) =>
    commands.output('buildah', [...common, ...args], deadlineS).then(text => text.trim());

  return {
    /** Makes an image of one layer from an archive. */
    async importTar(tar: string, tag: string): Promise<void> {
      const container = await call(['from', 'scratch']);
      await call(['add', '--quiet', container, tar, '/']);
      await call([
        'config',
        '--env',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        container,
      ]);
      await call(['commit', '--quiet', '--rm', container, tag]);
    },
    /** Builds a context. A failed build is no error here: its output tells. */
    build({ context, tag, args, layers }: Build): Promise<{ ok: boolean; output: string }> {
      const told = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
      const words = ['--isolation', 'chroot', '--pull-never', `--layers=${layers}`, '--format', 'docker'];
      return commands.outcome(
        'buildah',
        [...common, 'build', ...words, ...told, '--tag', tag, context],
        BUILD_S,
      );
    },
    async configOf(tag: string): Promise<ImageConfig> {
      const text = await call(['inspect', '--type', 'image', tag]);
      return (JSON.parse(text) as { OCIv1: { config: ImageConfig } }).OCIv1.config;
    },
    /** The image's files, as a folder. */
    async mount(tag: string): Promise<string> {
      return call(['mount', await call(['from', '--pull-never', tag])]);
    },
    /** What a registry keeps of it, and a task pulls: its layers under gzip, bytes. */
    async compressedBytes(tag: string, readManifest: (folder: string) => string): Promise<number> {
      const folder = join(commands.folder, `pushed-${tag.replaceAll(/\W/g, '-')}`);
      await call(['push', '--quiet', '--format', 'v2s2', tag, `dir:${folder}`], BUILD_S);
      const { layers } = JSON.parse(readManifest(folder)) as { layers: { size: number }[] };
      return layers.reduce((sum, { size }) => sum + size, 0);
    },
  };
}
