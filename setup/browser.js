import path from 'node:path';
import { isExecutable, nodePath } from './found.js';
import { progress } from './progress.js';
import { reasonOf, run } from './run.js';

/** @typedef {import('./run.js').Context} Context */
/** @typedef {import('./machine.js').Machine} Machine */

const BROWSER = 'chromium-headless-shell';

/** The public `executablePath` names the browser with a window only. */
const ASK_PLAYWRIGHT = `process.stdout.write(
  require('playwright-core/lib/coreBundle').registry.registry.findExecutable('${BROWSER}').executablePath() ?? '')`;

/**
 * Browsers that Playwright has downloaded: by hand, where it usually puts them, or for this project.
 * @param {Context} context
 * @returns {Promise<string[]>}
 */
export async function downloadedChromium(context) {
  const places = [await downloadPath(context, context.env), await downloadPath(context, ownFolder(context))];
  return [...new Set(places)].filter(isExecutable);
}

/**
 * Where the download for this version of Playwright lies or would lie, in its own words; empty if it can't tell.
 * @param {Context} context
 * @param {Record<string, string | undefined>} env
 */
export async function downloadPath(context, env) {
  const args = ['-e', ASK_PLAYWRIGHT];
  const { ok, stdout } = await run(context, nodePath(context.root), args, { deadlineS: 30, env });
  return ok ? stdout : '';
}

/**
 * Lets Playwright download its build, and install the system libraries that this needs where it may.
 * @param {Context} context
 * @param {Machine} machine
 * @returns {Promise<string[]>} why it failed, if it did
 */
export function downloadChromium(context, machine) {
  const withLibraries = machine.manager === 'apt-get' && machine.admin ? ['--with-deps'] : [];
  return progress(context, 'downloading a headless Chromium', async () => {
    const cli = path.join(context.root, 'node_modules/playwright-core/cli.js');
    const args = [cli, 'install', '--no-progress', ...withLibraries, BROWSER];
    const { ok, output } = await run(context, nodePath(context.root), args, {
      deadlineS: 900,
      env: ownFolder(context),
      group: machine.admin !== 'sudo',
    });
    return ok ? [] : [`Playwright's download: ${reasonOf(output)}`];
  });
}

/**
 * Downloads go to the project's own folder, for a home that can't be written to must not matter.
 * @param {Context} context
 */
const ownFolder = ({ root, env }) => ({
  ...env,
  PLAYWRIGHT_BROWSERS_PATH: env['PLAYWRIGHT_BROWSERS_PATH'] || path.join(root, '.toolchain/browsers'),
});
