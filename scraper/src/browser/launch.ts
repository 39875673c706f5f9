import { access, constants } from 'node:fs/promises';
import { chromium, type Browser, type CDPSession } from 'playwright-core';
import type { Clock } from '@huntaze/core/clock';
import { within } from './deadline.ts';
import { processTree } from './memory.ts';

/** There is no browser where CHROMIUM_PATH says; the message is one line that says what to do. */
export class BrowserMissing extends Error {
  override readonly name = 'BrowserMissing';
}

/** A Chromium that runs. */
export interface Chromium {
  browser: Browser;
  /** DevTools of the browser as a whole. */
  devtools: CDPSession;
  pid: number;
  /** Whether the browser's own process answers within so many ms. */
  answers(ms: number): Promise<boolean>;
  /** Ends every process of it, at once. Never rejects. */
  kill(): Promise<void>;
  /** Closes it; if it doesn't close, ends it. Never rejects. */
  end(): Promise<void>;
}

const ARGUMENTS = [
  // Its own calls home are traffic that we pay for and that nobody asked for.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  // What we read is JSON: pictures only cost time (24 % on a heavy page). Media: see unwanted.ts.
  '--blink-settings=imagesEnabled=false',
  '--disable-remote-fonts',
  // A page keeps less than this (MB) and leaves something behind with every navigation. Left alone, V8 looks for garbage
  // when very much has come together; told to begin here, it does in time what each page needs.
  '--js-flags=--initial-old-space-size=16',
];
const LAUNCH_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Launches a headless Chromium. Nothing hides that it is automated.
 * @param sandbox whether it is put into one; as root it never is, since it can't
 * @throws BrowserMissing when there is no executable; an Error whose first line says why it didn't start
 */
export async function launch(path: string, sandbox: boolean, clock: Clock): Promise<Chromium> {
  await access(path, constants.X_OK).catch(() => {
    throw new BrowserMissing(
      `no browser at ${path}: install Chromium (Debian: chromium-headless-shell) or set CHROMIUM_PATH to one`,
    );
  });
  const browser = await chromium
    .launch({
      executablePath: path,
      args: ARGUMENTS,
      chromiumSandbox: sandbox && process.getuid?.() !== 0,
      timeout: LAUNCH_TIMEOUT_MS,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
    .catch((error: unknown) => {
      throw new Error(whyNot(error), { cause: error });
    });
  // Of one that ends in these moments Playwright may never say so.
  const asked = await within(clock, ANSWER_TIMEOUT_MS, askItself(browser)).catch(() => undefined);
  if (!asked) {
    browser.close().catch(() => undefined);
    throw new Error("the browser doesn't tell its process");
  }
  const { devtools, pid } = asked;

  async function kill(): Promise<void> {
    // Its number may be another's once it has ended.
    if (!browser.isConnected()) return;
    for (const one of processTree(pid))
      try {
        process.kill(one, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
  }

  return {
    browser,
    devtools,
    pid,
    async answers(ms) {
      const answer = devtools.send('Browser.getVersion').then(
        () => true,
        () => false,
      );
      return (await within(clock, ms, answer)) ?? false;
    },
    kill,
    async end() {
      const closed = browser.close().then(
        () => true,
        () => false,
      );
      if (await within(clock, CLOSE_TIMEOUT_MS, closed)) return;
      await kill();
      await within(clock, CLOSE_TIMEOUT_MS, closed);
    },
  };
}

/** DevTools of the browser, and its process; undefined if it doesn't say. */
async function askItself(browser: Browser): Promise<{ devtools: CDPSession; pid: number } | undefined> {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  const pid = processInfo.find(({ type }) => type === 'browser')?.id;
  return pid === undefined ? undefined : { devtools, pid };
}

/** The line in which Chromium, the loader or the shell says it; Playwright's own first line rarely does. */
function whyNot(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n');
  const [first = ''] = lines;
  const said = lines.map(line => /\[err\]\s+(.*)/.exec(line)?.[1]).find(line => line?.trim());
  return said === undefined ? first : `${first} (${said})`;
}
