import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPeer, type Peer, type PeerSetting } from './scraper-peer.ts';
import { browserOf } from './scraper-processes.ts';
import type { World } from './scraper-world.ts';

/** What is measured against, with dependencies that nothing else here needs. */
const PEERS = join(import.meta.dirname, '../peers');
const CONCURRENCY = 4;

/** Both peers, each logged in. */
export async function startPeers(
  world: World,
  say: (line: string) => void,
): Promise<{ bare: Peer; crawlee: Peer; stop: () => Promise<void> }> {
  if (!isInstalled()) {
    say('installing Crawlee into bench/peers');
    await install();
  }
  const setting: PeerSetting = {
    executablePath: world.setting.tools.chromium,
    // The scraper's own, so that the peers' browser is no other.
    browserArguments: argumentsOf(browserOf(world.pids.scraper)),
    origin: world.setting.siteUrl,
    logins: await Promise.all(world.accounts.map(account => logIn(world.setting.siteUrl, account))),
    concurrency: CONCURRENCY,
  };
  const bare = await startPeer('./scraper-bare.ts', setting);
  const crawlee = await startPeer('./scraper-crawlee.ts', setting);
  return {
    bare,
    crawlee,
    async stop() {
      await Promise.all([bare.stop(), crawlee.stop()]);
    },
  };
}

/** npm keeps a copy of the lock file beside what it has installed, with less in it. */
function isInstalled(): boolean {
  const copy = join(PEERS, 'node_modules/.package-lock.json');
  if (!existsSync(copy)) return false;
  const versions = (file: string) => {
    const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
      packages: Record<string, { version?: string }>;
    };
    return JSON.stringify(
      Object.entries(packages).flatMap(([path, { version }]) => (path === '' ? [] : [[path, version]])),
    );
  };
  return versions(copy) === versions(join(PEERS, 'package-lock.json'));
}

async function install(): Promise<void> {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // What npm prints belongs on standard error, with the news.
  const child = spawn('npm', args, { cwd: PEERS, stdio: ['ignore', 2, 2] });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`npm ci in ${PEERS} ended with ${code}`);
}

/** The arguments with which a browser was launched; what Playwright gives each browser anew is left out. */
function argumentsOf({ words }: { words: string[] }): string[] {
  const own = /^--(user-data-dir|remote-debugging-pipe|no-startup-window)/;
  return words.filter(word => word.startsWith('--') && !own.test(word));
}

async function logIn(
  origin: string,
  { email, password }: { email: string; password: string },
): Promise<{ name: string; value: string }> {
  const answer = await fetch(`${origin}/login`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ email, password }),
  });
  const [name, value] = (answer.headers.get('set-cookie') ?? '').split(/[=;]/);
  if (!name || !value) throw new Error(`the login answered ${answer.status} without a cookie`);
  return { name, value };
}
