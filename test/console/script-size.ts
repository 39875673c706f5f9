// node test/console/script-size.ts: what each page of the console loads of scripts at its first view, gzipped.
import { launchBrowser, scriptsOf, signedIn } from './browser.ts';
import { buildStory, startStory } from './story.ts';

await buildStory();
const story = await startStory();
const browser = await launchBrowser();
try {
  for (const path of [
    '/sign-in',
    '/',
    '/operations',
    '/creators',
    '/dead-letters',
    '/limits',
    '/activity',
    '/settings',
    '/docs',
  ]) {
    const { page } = await signedIn(browser, story.url, 'operator');
    const scripts = await scriptsOf(page, `${story.url}${path}`);
    const total = scripts.reduce((sum, { bytes }) => sum + bytes, 0);
    console.log(
      `${path}  ${(total / 1_000).toFixed(1)} kB: ${scripts.map(({ bytes }) => (bytes / 1_000).toFixed(1)).join(' + ')}`,
    );
    await page.context().close();
  }
} finally {
  await browser.close();
  await story.stop();
}
