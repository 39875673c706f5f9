// npm run screens: pictures of each page of the console, light and dark, on a desk and on a phone, into docs/screens/. What
// they show is made up (world.ts), with every trouble at once; docs/screens/README.md lists them.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { launchBrowser, PHONE, signedIn, WIDE } from './browser.ts';
import { buildStory, startStory } from './story.ts';

const FOLDER = join(PROJECT_ROOT, 'docs/screens');

/** Each page: what its picture is called, where it is, and what is to be seen on it. */
const SCREENS = [
  ['sign-in', '/sign-in', 'A token begins a session'],
  ['overview', '/', 'Whether all is well, what is stuck, why, until when'],
  ['operations', '/operations', 'Every operation, what it waits for and until when'],
  ['operation', 'failed', 'One operation: its life, why it failed, what to do'],
  ['creators', '/creators', 'Every creator, the one in trouble first'],
  ['creator', '/creators/ada-quinn', 'One creator, and what can be done'],
  ['dead-letters', '/dead-letters', 'What could not be done, by its cause'],
  ['limits', '/limits', 'The limit, how it is used, and how it is changed'],
  ['activity', '/activity', 'Who did what, before and after'],
  ['settings', '/settings', 'Tokens and the webhook'],
] as const;
const LOOKS = [
  { name: 'light', viewport: WIDE, colorScheme: 'light' },
  { name: 'dark', viewport: WIDE, colorScheme: 'dark' },
  { name: 'phone-light', viewport: PHONE, colorScheme: 'light' },
  { name: 'phone-dark', viewport: PHONE, colorScheme: 'dark' },
] as const;

await buildStory();
const story = await startStory();
const browser = await launchBrowser();
try {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const { name: look, viewport, colorScheme } of LOOKS) {
    const { page } = await signedIn(browser, story.url, 'operator', { viewport, colorScheme });
    const failed = await page
      .context()
      .request.get(`${story.url}/api/onlyfans/operations?state=failed&limit=1`);
    const { operations } = (await failed.json()) as { operations: { operation_id: string }[] };
    for (const [name, path] of SCREENS) {
      // Whoever has a session is led on from where one begins.
      if (name === 'sign-in') await page.context().clearCookies();
      const where = path === 'failed' ? `/operations/${operations[0]!.operation_id}` : path;
      await page.goto(`${story.url}${where}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (name !== 'sign-in') await page.getByText('Live', { exact: true }).first().waitFor();
      await page.screenshot({ path: join(FOLDER, `${name}-${look}.png`) });
      if (name === 'sign-in') await signIn();
      console.log(`${name}-${look}.png`);
    }
    await page.context().close();

    async function signIn(): Promise<void> {
      await page.context().request.post(`${story.url}/api/session`, {
        headers: { authorization: 'Bearer operator' },
      });
    }
  }
  writeFileSync(join(FOLDER, 'README.md'), listed());
} finally {
  await browser.close();
  await story.stop();
}

/** The list of them, for whoever opens the folder. */
function listed(): string {
  const rows = SCREENS.map(([name, , what]) => {
    const links = LOOKS.map(({ name: look }) => `[${look.replace('-', ', ')}](${name}-${look}.png)`).join(
      ' · ',
    );
    return `## ${what}\n\n![${what}](${name}-light.png)\n\n${links}\n`;
  });
  return `# The console\n\nMade by \`npm run screens\` from a made-up world with every trouble at once: 200 creators, 10,000 operations.\n\n${rows.join('\n')}`;
}
