import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import type { Commands } from './command.ts';
import { packBrowser, packFolder } from './pack.ts';

const ASK_S = 30;
const CLI = join(PROJECT_ROOT, 'node_modules/playwright-core/cli.js');

/** Where Playwright would download from, and what serves there instead. */
export interface DownloadHost {
  url: string;
  /** Libraries that Debian's build of the browser links and brings along, by file name; none of Playwright's own. */
  libraries: string[];
  close(): Promise<void>;
}

/**
 * Serves, on loopback, the archives that this Playwright's CLI asks for when it installs the headless shell, under the
 * paths that it names itself. The browser in them is this machine's.
 * @param platform as Playwright names it: `debian12-x64`
 * @param chromium the path of the browser that the set-up has found
 * @throws StartError when it can't be packed
 */
export async function standInHost(
  commands: Commands,
  platform: string,
  chromium: string,
): Promise<DownloadHost> {
  const paths = await pathsAskedFor(commands, platform);
  const archives = new Map<string, string>();
  let libraries: string[] = [];
  for (const path of paths) {
    const zip = join(commands.folder, basename(path));
    const folder = basename(path, '.zip');
    if (folder.startsWith('chrome-headless-shell'))
      libraries = await packBrowser(commands, chromium, folder, zip);
    // ffmpeg comes with every browser, and stays in the stage that downloads.
    else await packFolder(commands, zip, { [folder]: '' });
    archives.set(path, zip);
  }

  const server = createServer((request, response) => {
    const zip = archives.get(request.url ?? '');
    if (zip === undefined) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/zip', 'content-length': statSync(zip).size });
    return createReadStream(zip).pipe(response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    libraries,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Playwright's own answer to what it would download. */
async function pathsAskedFor(commands: Commands, platform: string): Promise<string[]> {
  const host = 'http://download.invalid';
  const environment = [`PLAYWRIGHT_HOST_PLATFORM_OVERRIDE=${platform}`, `PLAYWRIGHT_DOWNLOAD_HOST=${host}`];
  const command = [process.execPath, CLI, 'install', '--dry-run', 'chromium-headless-shell'];
  const said = await commands.output('env', ['-C', PROJECT_ROOT, ...environment, ...command], ASK_S);
  const paths = [...said.matchAll(/Download url:\s+(\S+)/g)].map(([, url = '']) => new URL(url).pathname);
  if (paths.length === 0) throw new Error(`Playwright named no download for ${platform}`);
  return paths;
}
