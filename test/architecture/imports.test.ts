import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { describe, expect, test } from 'vitest';

/**
 * Who may import whom. The deployables meet only through queues; all stand on core, which stands on nothing of
 * ours and does no IO; local starts them, and the tests see everything.
 */
const MAY_IMPORT: Record<string, string[]> = {
  core: [],
  api: ['core'],
  limiter: ['core'],
  scraper: ['core'],
  infra: ['core'],
  local: ['core', 'setup'],
  setup: [],
  test: ['api', 'core', 'infra', 'limiter', 'local', 'setup'],
  bench: ['core', 'limiter', 'local', 'scraper'],
};

/**
 * The infrastructure reads each deployable's environment, an erasure's too, and where it was built; its command takes options
 * as all others do. What is rebuilt from results is written by what writes them, and what the API is measured against is built
 * as it is. The scraper's tests drive the local site and the local AWS, and a simulation runs what the deployables are made of
 * in one process; dead letters are walked through in one way, by whoever erases and by the API; nothing else crosses.
 */
const EXCEPTIONS = [
  /^infra\/(src|judges)\/.* -> (api|limiter|scraper)\/env$/,
  /^api\/.*\.test\.ts -> (local\/(src\/)?aws\/|test\/support\/)/,
  /^infra\/src\/artefacts\.ts -> local\/supervisor\/artefacts$/,
  /^infra\/cost\/.* -> local\/(cli\/(fail|number-option)|supervisor\/errors)$/,
  /^infra\/src\/eraser\.ts -> local\/erase\/env$/,
  /^infra\/functions\/.*(\.test|\/test-[^/]+)\.ts -> (local\/(src\/)?(aws\/|supervisor\/redis)|test\/support\/)/,
  /^test\/api\/rebuild\.test\.ts -> scraper\/results$/,
  /^bench\/bare-next\/next\.config\.ts -> api\/next\.config\.ts$/,
  /^local\/src\/simulation\/.* -> (api|limiter|scraper)\//,
  /^local\/src\/erase\/letters\.ts -> api\/dead-letters\/walk$/,
  /^scraper\/(.*\.(test|long)\.ts|test-support\/.*) -> (setup\/|local\/src\/(site\/|aws\/|seeded-random\.ts)|test\/support\/)/,
];

/** What core may not know: it runs in a Lambda, a browser's page and a server alike. */
const NOT_IN_CORE = /^(node:|@aws-sdk\/|ioredis|iovalkey|playwright|next|react|@aws-lambda-powertools\/)/;

const rooms = Object.keys(MAY_IMPORT);
const files = globSync(`{${rooms.join(',')}}/**/*.{ts,tsx,js}`, {
  cwd: PROJECT_ROOT,
  exclude: name => /(^|\/)(node_modules|\.next)(\/|$)/.test(name),
}).filter(file => !file.endsWith('.d.ts'));

/** Every import of a file: the specifier, and the file in this project that it names, if any. */
function importsOf(file: string): { specifier: string; target: string | undefined }[] {
  const text = readFileSync(join(PROJECT_ROOT, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g)].map(([, specifier = '']) => ({
    specifier,
    target: targetOf(file, specifier),
  }));
}

function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return relative(PROJECT_ROOT, join(PROJECT_ROOT, dirname(file), specifier));
  return /^@huntaze\/(.+)$/.exec(specifier)?.[1];
}

test('there is something to look at', () => expect(files.length).toBeGreaterThan(100));

describe.each(rooms)('%s', room => {
  test(`imports only ${MAY_IMPORT[room]!.join(', ') || 'itself'}`, () => {
    const crossing = files
      .filter(file => file.startsWith(`${room}/`))
      .flatMap(file =>
        importsOf(file).flatMap(({ target }) => (target === undefined ? [] : `${file} -> ${target}`)),
      )
      .filter(
        edge => ![room, ...MAY_IMPORT[room]!].some(other => edge.split(' -> ')[1]!.startsWith(`${other}/`)),
      )
      .filter(edge => !EXCEPTIONS.some(exception => exception.test(edge)));
    expect(crossing).toEqual([]);
  });
});

test('core does no IO and knows no client', () => {
  const known = files
    .filter(file => file.startsWith('core/') && !/(\.test\.ts|generate\.ts)$/.test(file))
    .flatMap(file => importsOf(file).map(({ specifier }) => `${file} -> ${specifier}`))
    .filter(edge => NOT_IN_CORE.test(edge.split(' -> ')[1]!));
  expect(known).toEqual([]);
});

test('only composition roots read the environment', () => {
  const roots =
    /(^|\/)(main|handler|compose|start|job|erase|rebuild|token|build|images|record|generate|env|run|instrumentation)\.(ts|js)$/;
  const readers = files
    .filter(
      file =>
        /^(core|api|limiter|scraper|infra|local)\//.test(file) && !/\.(test|long)\.ts$|test-/.test(file),
    )
    .filter(file => /process\.env\b/.test(readFileSync(join(PROJECT_ROOT, file), 'utf8')))
    .filter(file => !roots.test(file));
  // What starts processes passes on what they need of its own environment.
  expect(readers).toEqual(['local/src/supervisor/artefacts.ts', 'local/src/supervisor/parts.ts']);
});
