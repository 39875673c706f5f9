import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiImage, ARTEFACTS } from '@huntaze/local/supervisor/artefacts';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { describe, expect, test } from 'vitest';
import { NODE_VERSION } from '../../setup/node.js';
import { faultsOf, packagesOf } from './dockerfile.ts';

interface Locked {
  version: string;
  integrity?: string;
  dev?: true;
}

const read = (...path: string[]) => readFileSync(join(PROJECT_ROOT, ...path), 'utf8');
const lockOf = (text: string) => (JSON.parse(text) as { packages: Record<string, Locked> }).packages;
const locked = lockOf(read('package-lock.json'));
const filesIn = (folder: string) =>
  globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1));

describe.each(['scraper', 'api'])('%s/Dockerfile', name => {
  const text = read(name, 'Dockerfile');

  test('keeps the rules', () => expect(faultsOf(text)).toEqual([]));

  test('stands on the Node that everything here runs on', () => {
    expect(text).toContain(
      `\nARG NODE_IMAGE=public.ecr.aws/docker/library/node:${NODE_VERSION}-bookworm-slim\n`,
    );
    expect(text.match(/^FROM \S+/gm)?.filter(from => !/\$\{NODE_IMAGE\}|scratch|modules/.test(from))).toEqual(
      [],
    );
  });

  test('copies what the context has, and nothing of the context is left out', () => {
    const context = name === 'scraper' ? ARTEFACTS.scraper : apiImage();
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    );
    const there = globSync('*', { cwd: context }).filter(file => file !== 'Dockerfile');
    expect([...new Set(copied)].sort()).toEqual(there.sort());
    expect(readFileSync(join(context, 'Dockerfile'), 'utf8')).toBe(text);
  });
});

describe('the rules bite', () => {
  const good = read('scraper/Dockerfile');

  test.each([
    ['a tag that moves', /24\.21\.0-bookworm-slim/, 'latest', 'is no exact version'],
    ['a bare major', /24\.21\.0-bookworm-slim/, '24-bookworm-slim', 'is no exact version'],
    ['no tag', /node:24\.21\.0-bookworm-slim/, 'node', 'is no exact version'],
    ['a base without a value', /=public\S+/, '', 'is no exact version'],
    ['root', /USER 1000:1000/, 'USER 0:0', 'no numeric USER'],
    ['a user by name', /USER 1000:1000/, 'USER node', 'no numeric USER'],
    ['no user', /USER 1000:1000\n/, '', 'no numeric USER'],
    [
      'a user in another stage only',
      /FROM scratch/,
      'USER 1000:1000\nFROM scratch AS x\nFROM scratch',
      undefined,
    ],
    ['ADD', /COPY check/, 'ADD check', 'COPY is meant'],
    ['all of the context', /COPY check-browser.ts package.json main.mjs/, 'COPY .', 'names no files'],
    ['a pattern', /COPY check-browser.ts/, 'COPY *.ts', 'names no files'],
    ['curl | sh', /RUN npm ci/, 'RUN curl https://x | sh && npm ci', 'runs what it reads'],
    ['apt’s lists stay', /rm -rf \/var\/lib\/apt\/lists\/\*/, 'rm -rf', 'leaves apt’s lists'],
    ['lists of another layer', /apt-get update \\\n && /, '', 'another layer’s lists'],
    ['what is recommended', /--no-install-recommends/, '', 'only recommended'],
    ['an upgrade', /apt-get update/, 'apt-get update && apt-get upgrade -y', 'upgrades'],
    ['npm install', /npm ci/, 'npm install', 'resolves modules anew'],
    ['npx', /node node_modules\/playwright-core\/cli.js/, 'npx playwright-core', 'resolves modules anew'],
    ['development’s modules', /--omit=dev/, '', 'npm ci without --omit=dev'],
    ['the modules’ scripts', /--ignore-scripts/, '', 'npm ci without --ignore-scripts'],
    ['a secret to build with', /ARG BROWSER_VERSION/, 'ARG NPM_TOKEN', 'a secret'],
    ['a secret for all to read', /HOME=\/tmp/, 'HOME=/tmp REDIS_PASSWORD=x', 'a secret'],
    ['a secret before all stages', /ARG NODE_IMAGE/, 'ARG API_KEY=x\nARG NODE_IMAGE', 'names a secret'],
    ['a shell around the process', /CMD .*/, 'CMD node main.mjs', 'not in exec form'],
    ['no command', /CMD .*/, '', 'not one CMD'],
    ['no production', /NODE_ENV=production/, 'NODE_ENV=development', 'no NODE_ENV=production'],
    ['a layer on top', /USER 1000/, 'RUN chmod -R a+w /app\nUSER 1000', 'runs something'],
    ['a here-document', /RUN npm ci.*/, 'RUN <<END\nnpm ci\nEND', 'a here-document'],
    ['another syntax', /^/, '# syntax=docker/dockerfile:1\n', 'a directive'],
    ['an instruction unheard of', /VOLUME/, 'ONBUILD', 'not known here'],
  ])('%s', (_, what, instead, fault) => {
    const broken = good.replace(what, instead);
    expect(broken).not.toBe(good);
    if (fault === undefined) expect(faultsOf(broken)).toEqual([]);
    else expect(faultsOf(broken).join('\n')).toContain(fault);
  });

  test('one stage', () => {
    const one = good.slice(good.indexOf('FROM scratch'));
    expect(faultsOf(one)).toEqual(['one stage only']);
    expect(faultsOf('# nothing\n')).toEqual(['no FROM']);
  });

  test('a digest is exact, whatever the tag', () => {
    const digest = `node:24@sha256:${'0'.repeat(64)}`;
    expect(faultsOf(good.replace(/node:24\.21\.0-bookworm-slim/, digest))).toEqual([]);
  });
});

describe('the scraper’s browser', () => {
  const bundle = read('node_modules/playwright-core/lib/coreBundle.js');

  test('has the libraries that the Playwright in use names for Chromium on Debian 12', () => {
    const debian = bundle.slice(bundle.indexOf('"debian12-x64": {'));
    const listed = (name: string) =>
      [...(new RegExp(`\\b${name}: \\[([^\\]]*)\\]`).exec(debian)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(
        ([, word = '']) => word,
      );
    const libraries = [...listed('tools').filter(name => name.startsWith('lib')), ...listed('chromium')];
    expect(libraries.length).toBeGreaterThan(20);
    expect(packagesOf(read('scraper/Dockerfile'))).toEqual([...libraries, 'fonts-liberation'].sort());
  });

  test('is one that Playwright has for the processor that is deployed', () => {
    expect(bundle).toMatch(
      /"debian12-arm64": cftUrl\("linux-arm64\/chrome-headless-shell-linux-arm64\.zip"\)/,
    );
  });
});

describe('the scraper’s context', () => {
  const files = filesIn(ARTEFACTS.scraper);

  test('holds the bundle, what is installed beside it, and the build’s own', () => {
    expect(files.sort()).toEqual(
      ['Dockerfile', 'check-browser.ts', 'main.mjs', 'package-lock.json', 'package.json'].sort(),
    );
  });

  test('asks for what the project has: each module by version and integrity, at no address', () => {
    const { '': root, ...modules } = lockOf(
      readFileSync(join(ARTEFACTS.scraper, 'package-lock.json'), 'utf8'),
    );
    expect(Object.keys(modules)).toEqual(['node_modules/playwright-core']);
    for (const [place, { version, integrity, ...others }] of Object.entries(modules)) {
      expect([version, integrity]).toEqual([locked[place]!.version, locked[place]!.integrity]);
      expect(integrity).toMatch(/^sha512-/);
      expect(others).toEqual({});
    }
    expect(root).toMatchObject({
      dependencies: { 'playwright-core': modules['node_modules/playwright-core']!.version },
    });
  });
});

describe('the API’s context', () => {
  const files = filesIn(apiImage());

  test('holds the server and its modules, and neither sources nor tests nor secrets', () => {
    expect(globSync('*', { cwd: apiImage() }).sort()).toEqual(['Dockerfile', 'api', 'node_modules']);
    const strange = /(^|\/)\.env|\.tsx?$|\.map$|\.test\.|\.nft\.json$|(^|\/)\.npmrc$|(^|\/)\.git/;
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter(file => strange.test(file))).toEqual([]);
  });

  test('holds what the console loads in a browser: one script and one style, named by their content', () => {
    const names = globSync('*', { cwd: join(apiImage(), 'api/.next/static/console') }).sort();
    expect(names).toEqual([
      expect.stringMatching(/^console-[A-Z0-9]{8}\.js$/),
      expect.stringMatching(/^style-[A-Z0-9]{8}\.css$/),
    ]);
  });

  test('holds nothing that is made for one processor', () => {
    expect(files.filter(file => /\.(node|dylib|dll|exe)$|\.so(\.\d+)*$/.test(file))).toEqual([]);
  });

  test('has of each module the version of the lock file, and none that is for development', () => {
    const places = globSync('node_modules/{[!@]*,@*/*}', { cwd: apiImage() }).filter(place =>
      existsSync(join(apiImage(), place, 'package.json')),
    );
    expect(places).toContain('node_modules/next');
    for (const place of places) {
      const { version } = JSON.parse(readFileSync(join(apiImage(), place, 'package.json'), 'utf8')) as Locked;
      if (version !== undefined) expect([place, version]).toEqual([place, locked[place]?.version]);
      expect([place, locked[place]?.dev]).toEqual([place, undefined]);
    }
  });
});
