/**
 * A step of the image's build: node check-browser.ts BROWSER [VERSION]. Fails, with one line, unless the browser is of the
 * version that the Playwright beside this file is made for; or of VERSION, where a build says that it has another.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const NAME = 'chromium-headless-shell';
/** How long a browser may take to say its version (ms); under an emulated processor it takes some seconds. */
const DEADLINE_MS = 60_000;

/** The version that the installed Playwright is made for, as its own list of browsers has it. */
function madeFor(): string | undefined {
  const module = dirname(createRequire(import.meta.url).resolve('playwright-core/package.json'));
  const { browsers } = JSON.parse(readFileSync(join(module, 'browsers.json'), 'utf8')) as {
    browsers: { name: string; browserVersion?: string }[];
  };
  return browsers.find(({ name }) => name === NAME)?.browserVersion;
}

function versionOf(browser: string): string | undefined {
  const said = execFileSync(browser, ['--version'], {
    encoding: 'utf8',
    timeout: DEADLINE_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return /\d+(\.\d+){3}/.exec(said)?.[0];
}

function fault([browser, told]: string[]): string | undefined {
  if (browser === undefined) return 'usage: node check-browser.ts BROWSER [VERSION]';
  const wanted = told ?? madeFor();
  if (wanted === undefined) return `this Playwright names no version of ${NAME}`;
  try {
    const found = versionOf(browser);
    if (found === wanted) return undefined;
    const by = told === undefined ? 'Playwright is made for' : 'the build has named';
    return `the browser in the image is ${found ?? 'of no version'}, and ${by} ${wanted}`;
  } catch (error) {
    // A library that is missing is named in what the browser wrote.
    const { stderr } = error as { stderr?: string };
    const why = stderr?.trim().split('\n').at(-1) || (error as Error).message.split('\n')[0];
    return `${browser} does not run: ${why}`;
  }
}

const line = fault(process.argv.slice(2));
if (line !== undefined) {
  process.stderr.write(`check-browser: ${line}\n`);
  process.exitCode = 1;
}
