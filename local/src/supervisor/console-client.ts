import { join } from 'node:path';
import { build } from 'esbuild';

/** Where it goes in a server's folder: Next.js serves it as what never changes, and api/src/console/assets.ts looks there. */
export const CONSOLE_CLIENT = '.next/static/console';

/**
 * Makes what the console's pages load in a browser: one script, with every screen, and one style. Each is named by its
 * content, so that a browser keeps it for good. What only a server has (node:…) can't get in: the build fails.
 * @param api the folder of the API
 */
export async function buildConsoleClient(api: string, outdir: string): Promise<void> {
  await build({
    absWorkingDir: api,
    entryPoints: { console: join(api, 'src/console/client.tsx'), style: join(api, 'src/console/style.css') },
    entryNames: '[name]-[hash]',
    outdir,
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
  });
}
