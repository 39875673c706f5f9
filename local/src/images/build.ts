import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFound } from '../../../setup/found.js';
import { apiImage, ARTEFACTS } from '../supervisor/artefacts.ts';
import { StartError } from '../supervisor/errors.ts';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import { makeBase } from './base.ts';
import type { Buildah, ImageConfig } from './buildah.ts';
import type { Commands } from './command.ts';
import { standInHost } from './download-host.ts';

/** What the image names the last of its browser's steps. */
const REFUSAL = /^check-browser: .+$/m;

export interface BuiltImage {
  name: 'scraper' | 'api';
  tag: string;
  /** The folder that holds its files. */
  root: string;
  config: ImageConfig;
  compressedBytes: number;
  buildSeconds: number;
  /** The steps that the build took, as it named them. */
  steps: string[];
}

export interface BuiltImages {
  base: string;
  scraper: BuiltImage;
  api: BuiltImage;
  browser: {
    /** Of the browser in the image. */
    version: string;
    /** What the Playwright in it is made for. */
    madeFor: string;
    libraries: string[];
    /** What the build said when it wasn't told of the browser's version. */
    refusal: string;
  };
}

/**
 * Builds both images from what `npm run build` has made.
 * @throws StartError with the line that tells what failed
 */
export async function buildImages(commands: Commands, buildah: Buildah): Promise<BuiltImages> {
  const base = baseOf('scraper');
  if (base !== baseOf('api'))
    throw new StartError('scraper/Dockerfile and api/Dockerfile want different bases');
  const begun = performance.now();
  commands.say(`making a base that stands in for ${base} …`);
  await makeBase(commands, buildah, base);
  commands.say(`making the base: ${seconds(begun)} s`);

  const api = await buildOne(commands, buildah, 'api', { context: apiImage(), args: {}, layers: false });

  const { path, version } = readFound(PROJECT_ROOT).chromium;
  const host = await standInHost(commands, `debian12-${process.arch}`, path);
  try {
    const madeFor = versionForPlaywright();
    const download = { PLAYWRIGHT_DOWNLOAD_HOST: host.url };
    const told: Record<string, string> = version === madeFor ? {} : { BROWSER_VERSION: version };
    const context = ARTEFACTS.scraper;
    const scraper = await buildOne(commands, buildah, 'scraper', {
      context,
      args: { ...download, ...told },
      layers: true,
    });
    commands.say('building scraper once more, with its browser under the wrong version …');
    const wrong: Record<string, string> = version === madeFor ? { BROWSER_VERSION: '1.0.0.0' } : {};
    const { ok, output } = await buildah.build({
      context,
      tag: 'huntaze-refused',
      args: { ...download, ...wrong },
      layers: true,
    });
    const refusal = REFUSAL.exec(output)?.[0];
    if (ok || refusal === undefined)
      throw new StartError('the build took a browser of another version than Playwright is made for');
    commands.say(`refused, as it should be: ${refusal}`);
    return { base, scraper, api, browser: { version, madeFor, libraries: host.libraries, refusal } };
  } finally {
    await host.close();
  }
}

async function buildOne(
  commands: Commands,
  buildah: Buildah,
  name: 'scraper' | 'api',
  build: Omit<Parameters<Buildah['build']>[0], 'tag'>,
): Promise<BuiltImage> {
  const tag = `localhost/huntaze-${name}`;
  const begun = performance.now();
  commands.say(`building ${name} …`);
  const { ok, output } = await buildah.build({ ...build, tag });
  if (!ok) {
    const line = REFUSAL.exec(output)?.[0] ?? output.trim().split('\n').at(-1);
    throw new StartError(`${name} did not build: ${line}`);
  }
  const buildSeconds = seconds(begun);
  commands.say(`building ${name}: ${buildSeconds} s`);
  return {
    name,
    tag,
    root: await buildah.mount(tag),
    config: await buildah.configOf(tag),
    compressedBytes: await buildah.compressedBytes(tag, folder =>
      readFileSync(join(folder, 'manifest.json'), 'utf8'),
    ),
    buildSeconds,
    steps: [...output.matchAll(/^(?:\[\d\/\d\] )?STEP \d+\/\d+: (.+)$/gm)].map(([, step = '']) =>
      // A stage that goes on from another is named by what it made.
      step.replace(/^FROM [0-9a-f]{64}/, 'FROM the stage before it'),
    ),
  };
}

/** The image's name that the Dockerfile itself gives to what it stands on. */
function baseOf(name: 'scraper' | 'api'): string {
  const text = readFileSync(join(PROJECT_ROOT, name, 'Dockerfile'), 'utf8');
  const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(text)?.[1];
  if (base === undefined) throw new StartError(`${name}/Dockerfile gives NODE_IMAGE no value`);
  return base;
}

function versionForPlaywright(): string {
  const file = join(PROJECT_ROOT, 'node_modules/playwright-core/browsers.json');
  const { browsers } = JSON.parse(readFileSync(file, 'utf8')) as {
    browsers: { name: string; browserVersion: string }[];
  };
  return browsers.find(({ name }) => name === 'chromium-headless-shell')!.browserVersion;
}

const seconds = (since: number) => Math.round((performance.now() - since) / 1_000);
