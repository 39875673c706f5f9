import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Operation } from '../../api/src/console/types.ts';
import { launchBrowser, longestTask, PHONE, signedIn, WIDE } from './browser.ts';
import { findings } from './findings.ts';
import { buildStory, startStory, type Story } from './story.ts';

/** Of the made-up world: one that waits, one that is at the site, one of which nobody knows, one that has failed. */
const [PENDING, RUNNING, UNKNOWN] = ['op-000000', 'op-000421', 'op-000430'];
const PAGES = [
  '/operations',
  '/operations?creator=ada-quinn&state=waiting,pending&kind=message.send',
  '/operations?creator=nobody',
  ...[PENDING, RUNNING, UNKNOWN].map(id => `/operations/${id}`),
  '/dead-letters',
  '/dead-letters?cause=failed+8+times&queue=scraper',
  '/dead-letters?creator=nobody',
  '/activity',
  '/activity?day=2020-01-01',
  '/settings',
];

let story: Story;
let browser: Browser;
beforeAll(async () => {
  await buildStory();
  [story, browser] = await Promise.all([startStory(), launchBrowser()]);
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await story?.stop();
});

const open = async (path: string, token = 'operator', options: { viewport?: typeof WIDE } = {}) => {
  const opened = await signedIn(browser, story.url, token, options);
  // The page has come to life once it follows the changes.
  const alive = opened.page.waitForRequest('**/api/onlyfans/changes');
  await opened.page.goto(`${story.url}${path}`);
  await alive;
  return opened;
};
/** Lets operations of the world become something, as the pipeline would. */
const become = (page: Page, operations: Operation[]) =>
  page.context().request.post(`${story.url}/api/story/operations`, {
    headers: { authorization: 'Bearer operator' },
    data: { operations },
  });
const read = async (page: Page, id: string) =>
  (await (
    await page.context().request.get(`${story.url}/api/onlyfans/operations/${id}`)
  ).json()) as Operation;
/** A new one of uma-vale, asked for after all others. */
const fresh = (n: number, state: Operation['state'] = 'waiting'): Operation => ({
  operation_id: `op-fresh-${n}`,
  creator_id: 'uma-vale',
  kind: 'fans.scrape',
  state,
  receives: 1,
  attempts: 0,
  failures: 0,
  position: 1,
  at: { pending: new Date(Date.now() + 60_000 + n).toISOString() },
});
const rows = (page: Page) => page.locator('tr[data-row]');
const first = (page: Page) => rows(page).first();
const at = (page: Page) => new URL(page.url()).pathname + new URL(page.url()).search;

describe('for everybody', () => {
  test.each([
    { colorScheme: 'light', viewport: WIDE },
    { colorScheme: 'dark', viewport: WIDE },
    { colorScheme: 'light', viewport: PHONE },
    { colorScheme: 'dark', viewport: PHONE },
  ] as const)(
    'no page has what axe finds, complains, or is wider than its window: $colorScheme, $viewport.width px',
    async look => {
      const { page, faults } = await signedIn(browser, story.url, 'operator', look);
      for (const path of PAGES) {
        await page.goto(`${story.url}${path}`);
        await page.getByText('Reading …').waitFor({ state: 'detached' });
        expect(await findings(page), path).toEqual([]);
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(beyond, path).toBeLessThanOrEqual(0);
        expect(faults.splice(0), path).toEqual([]);
      }
      await page.context().close();
    },
    120_000,
  );

  test('a viewer is offered nothing that acts, and no record of acts', async () => {
    const { page } = await open(`/operations/${UNKNOWN}`, 'viewer');
    const buttons = page.getByRole('main').getByRole('button');
    await page.getByRole('heading', { name: 'Its life' }).waitFor();
    expect(await buttons.count()).toBe(0);
    await page.goto(`${story.url}/operations/${PENDING}`);
    expect(await buttons.count()).toBe(0);
    await page.goto(`${story.url}/activity`);
    await page.getByRole('main').getByRole('alert').waitFor();
    await page.context().close();
  });

  test('whoever is bound to one creator sees its operations, and is told of no other’s', async () => {
    const { page } = await open('/operations', 'adas');
    const names = await rows(page).getByRole('link', { name: /-/ }).allTextContents();
    expect(new Set(names)).toEqual(new Set(['ada-quinn']));
    await page.goto(`${story.url}/operations/op-000001`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('There is no such page');
    await page.context().close();
  });
});

describe('which operations are shown', () => {
  test('is in the address, by links, by choice and by the keyboard', async () => {
    const { page } = await open('/operations');
    await page.getByRole('link', { name: 'Waiting', exact: true }).click();
    await page.waitForURL('**/operations?state=pending,waiting,forwarded');
    await page.getByLabel('Kind').selectOption('message.send');
    await page.waitForURL('**/operations?state=pending,waiting,forwarded&kind=message.send');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Creator');
    await page.keyboard.type('ada-quinn');
    await page.waitForURL('**/operations?creator=ada-quinn&state=*');
    await expect.poll(() => rows(page).count()).toBeLessThan(12);
    expect(new Set(await rows(page).locator('td').nth(0).allTextContents())).toEqual(new Set(['ada-quinn']));
    await page.goBack();
    await page.waitForURL('**/operations?state=pending,waiting,forwarded&kind=message.send');
    await page.context().close();
  });

  test('can be several states', async () => {
    const { page } = await open('/operations?state=running');
    await page.getByText('Running', { exact: true }).first().click();
    await page.getByRole('checkbox', { name: 'Failed' }).check();
    await page.keyboard.press('Escape');
    await page.waitForURL('**/operations?state=running,failed');
    await page.getByText('2 states').waitFor();
    await page.context().close();
  });

  test('a row is a link wherever it is clicked, and its creator another', async () => {
    const { page } = await open('/operations');
    const row = first(page);
    const id = (await row.getByRole('link').first().getAttribute('href'))!;
    await row.locator('td').last().click({ force: true });
    await page.waitForURL(`**${id}`);
    await page.goBack();
    await first(page).getByRole('link').nth(1).click();
    await page.waitForURL('**/creators/*');
    await page.context().close();
  });
});

test('whoever comes back finds the list where it was left, and as it is now', async () => {
  const { page } = await open('/operations?state=succeeded');
  await rows(page).nth(20).waitFor();
  for (const y of [3_000, 6_000, 9_000]) {
    await page.evaluate(to => window.scrollTo(0, to), y);
    await expect
      .poll(() => page.evaluate(() => document.documentElement.scrollHeight))
      .toBeGreaterThan(y + 800);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  const y = await page.evaluate(() => window.scrollY);
  expect(y).toBeGreaterThan(6_000);
  const row = rows(page).nth(18);
  const href = (await row.getByRole('link').first().getAttribute('href'))!;
  await row.locator('td').last().click({ force: true });
  await page.waitForURL(`**${href}`);
  await page.getByRole('heading', { name: 'Its life' }).waitFor();
  const again = page.waitForResponse('**/api/onlyfans/operations?state=succeeded&limit=200');
  await page.goBack();
  await page.locator(`a[href="${href}"]`).waitFor();
  await again;
  expect(Math.abs((await page.evaluate(() => window.scrollY)) - y)).toBeLessThan(100);
  await page.context().close();
});

describe('live', () => {
  test('what is new comes on top, what changes changes, what doesn’t fit any more goes', async () => {
    const { page } = await open('/operations?state=waiting&creator=uma-vale');
    await page.mouse.move(0, 0);
    await become(page, [fresh(1), fresh(2, 'failed')]);
    const link = page.locator('a[href="/operations/op-fresh-1"]');
    await link.waitFor();
    expect(await first(page).locator('a').first().getAttribute('href')).toBe('/operations/op-fresh-1');
    expect(await page.locator('a[href="/operations/op-fresh-2"]').count()).toBe(0);
    await become(page, [{ ...fresh(1), position: 77 }]);
    await first(page).locator('td').getByText('number 77 in the line').waitFor();
    await become(page, [{ ...fresh(1), state: 'running' }]);
    await link.waitFor({ state: 'detached' });
    await page.context().close();
  });

  test('while somebody reads, nothing moves; a button says what has come', async () => {
    const { page } = await open('/operations');
    await rows(page).nth(20).waitFor();
    await page.mouse.move(0, 0);
    await page.evaluate(() => window.scrollTo(0, 1_000));
    const seen = page.locator('a[href="/operations/op-000030"]');
    await seen.waitFor();
    const top = async () => (await seen.boundingBox())!.y;
    const before = await top();
    await become(page, [fresh(11), fresh(12), fresh(13)]);
    const button = page.getByRole('button', { name: '3 new' });
    await button.waitFor();
    expect(await top()).toBe(before);
    await button.click();
    await page.locator('a[href="/operations/op-fresh-13"]').waitFor();
    expect(await page.evaluate(() => window.scrollY)).toBe(0);
    await button.waitFor({ state: 'detached' });
    await page.context().close();
  });

  test('one operation lives on as it is looked at', async () => {
    const { page } = await open(`/operations/${RUNNING}`);
    const operation = await read(page, RUNNING);
    const now = new Date().toISOString();
    await become(page, [
      {
        ...operation,
        state: 'succeeded',
        at: { ...operation.at, succeeded: now },
        result: `/api/onlyfans/operations/${RUNNING}/result`,
      },
    ]);
    await page.getByRole('row', { name: /^Succeeded/ }).waitFor();
    await page.getByRole('region', { name: 'Result, JSON' }).getByText('Ada Quinn').waitFor();
    await page.context().close();
  });
});

describe('what an operator does', () => {
  test('what waits is cancelled once its effect was shown, and nothing was before', async () => {
    const { page } = await open(`/operations/${PENDING}`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`${PENDING} never begins.`).waitFor();
    expect((await read(page, PENDING)).state).toBe('pending');
    expect(await findings(page)).toEqual([]);
    await dialog.getByLabel('Reason').fill('asked for twice');
    await dialog.getByRole('button', { name: 'Cancel it' }).click();
    await page.getByRole('row', { name: /^Cancelled/ }).waitFor();
    expect(await page.getByRole('main').textContent()).toContain('asked for twice');
    expect(await page.getByRole('button', { name: 'Cancel' }).count()).toBe(0);
    await page.context().close();
  });

  test('what is unknown is settled by what the site shows; sent again, the new one is opened', async () => {
    const { page } = await open(`/operations/${UNKNOWN}`);
    await page.getByRole('button', { name: 'Settle' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`${UNKNOWN} is confirmed.`).waitFor();
    await dialog.getByLabel('What the site shows').selectOption('sent_again');
    await dialog.getByText(`${UNKNOWN} is sent_again.`).waitFor();
    await dialog.getByRole('button', { name: 'Settle it' }).click();
    await page.waitForURL(`**/operations/op-again-${UNKNOWN}`);
    await page.getByRole('definition').getByRole('link', { name: UNKNOWN }).click();
    await page.waitForURL(`**/operations/${UNKNOWN}`);
    await page.getByRole('button', { name: 'Ask again' }).waitFor();
    await page.context().close();
  });

  test('dead letters that are selected are asked for again, and it is told what became of each', async () => {
    const { page } = await open('/dead-letters');
    await page
      .getByRole('checkbox', { name: /^Select (?!all)/ })
      .nth(0)
      .check();
    await page
      .getByRole('checkbox', { name: /^Select (?!all)/ })
      .nth(1)
      .check();
    await page.getByRole('button', { name: 'Ask again for 2 letters' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('2 operations are asked for again').waitFor();
    await dialog.getByRole('button', { name: 'Ask again' }).click();
    await page.getByRole('heading', { name: '1 letter asked for again, 1 not' }).waitFor();
    await page.getByText('it can only be discarded').waitFor();
    expect(await findings(page)).toEqual([]);
    await page.getByRole('link', { name: /^op-again-/ }).click();
    await page.waitForURL('**/operations/op-again-*');
    await page.context().close();
  });

  test('all of a cause are discarded, and no others', async () => {
    const { page } = await open('/dead-letters');
    const causes = page.getByRole('navigation', { name: 'Cause' });
    await causes.getByRole('link', { name: /its body can not be read/ }).click();
    await page.waitForURL('**/dead-letters?cause=*');
    await page.getByText('Select all 5').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('5 letters are deleted for good.').waitFor();
    await dialog.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByRole('heading', { name: '5 letters discarded' }).waitFor();
    await page.getByText('No letter is like that').waitFor();
    expect(await causes.getByRole('link', { name: /failed 8 times/ }).textContent()).toMatch(/1[45]$/);
    await page.context().close();
  });

  test('what was done is told by day, by links and by the keyboard', async () => {
    const { page } = await open('/activity');
    const entry = page.getByRole('listitem').filter({ hasText: 'changed limits' }).first();
    expect(await entry.getByRole('definition').allTextContents()).toEqual([
      'was 10 → now 8',
      'was 1 → now 2',
    ]);
    const alive = page.waitForRequest('**/api/onlyfans/changes');
    await page.keyboard.press('ArrowLeft');
    await page.waitForURL('**/activity?day=*');
    await alive;
    await page.keyboard.press('ArrowRight');
    await page.waitForURL('**/activity');
    expect(at(page)).toBe('/activity');
    await page.context().close();
  });
});

test('a token is made, shown once, and revoked', async () => {
  const { page } = await open('/settings');
  await page.getByRole('button', { name: 'Make a token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Fill in the fields').waitFor();
  await dialog.getByLabel('Name').fill('Bea’s app');
  await dialog.getByLabel('Role').selectOption('creator');
  await dialog.getByLabel('Creators').fill('bea-quinn');
  await page.keyboard.press('Tab');
  await dialog.getByText('It is shown once').waitFor();
  await dialog.getByRole('button', { name: 'Make it' }).click();
  await page.getByText('hz_made-up-tok-3').waitFor();
  expect(await findings(page)).toEqual([]);
  await page.getByRole('row', { name: /Bea’s app.*1 creator/ }).waitFor();
  await page.reload();
  expect(await page.getByText('hz_made-up').count()).toBe(0);
  await page.getByRole('button', { name: 'Revoke Bea’s app' }).click();
  await dialog.getByRole('button', { name: 'Revoke it' }).click();
  await page.getByText('“Bea’s app” is revoked.').waitFor();
  await expect.poll(() => page.getByRole('row', { name: /Bea’s app/ }).count()).toBe(0);
  await page.context().close();
  const other = await open('/settings', 'adas');
  expect(await other.page.getByRole('link', { name: 'Settings' }).count()).toBe(0);
  await other.page.context().close();
});

test('a webhook is set and its secret shown once; what could not be told is told now, or never', async () => {
  const { page } = await open('/settings');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Address').fill('https://app.example/ended');
  await page.keyboard.press('Tab');
  await dialog.getByText('is told to https://app.example/ended').waitFor();
  await dialog.getByRole('button', { name: 'Set it' }).click();
  await page.getByText('whsec_made-up').waitFor();
  await page.getByText('https://app.example/ended', { exact: true }).waitFor();
  const letters = page.getByRole('table', { name: /^Deliveries/ }).locator('tr[data-row]');
  expect(await letters.count()).toBe(3);
  await letters.first().getByRole('button', { name: 'Discard' }).click();
  await dialog.getByText('is never told').waitFor();
  await dialog.getByRole('button', { name: 'Never tell it' }).click();
  await expect.poll(() => letters.count()).toBe(2);
  await page.context().close();
});

test('10,000 rows are scrolled through while changes come in, and no frame takes 100 ms', async () => {
  const { page } = await open('/operations');
  await rows(page).nth(20).waitFor();
  const all = (await (
    await page.context().request.get(`${story.url}/api/onlyfans/operations?limit=200`)
  ).json()) as { operations: Operation[] };

  // Down to the end: page after page is read as it comes near.
  const end = page.getByText(/operations, no more$/);
  while ((await end.count()) === 0) {
    await page.evaluate(async () => {
      window.scrollTo(0, document.documentElement.scrollHeight);
      await new Promise(requestAnimationFrame);
    });
  }
  const count = Number((await end.textContent())!.replaceAll(/\D/g, ''));
  expect(count).toBeGreaterThan(9_000);
  expect(await rows(page).count()).toBeLessThan(80);
  expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe(String(count + 1));

  // Up again in 300 frames, while operations change all the time.
  const longest = await longestTask(browser, page, async () => {
    const changes = (async () => {
      for (let i = 0; i < 15; i += 1) {
        const changed = all.operations.slice(i * 10, i * 10 + 10);
        await become(page, [...changed.map(one => ({ ...one, receives: one.receives + 1 })), fresh(100 + i)]);
      }
    })();
    await page.evaluate(async () => {
      const from = window.scrollY;
      for (let i = 1; i <= 300; i += 1) {
        window.scrollTo(0, from * (1 - i / 300));
        await new Promise(requestAnimationFrame);
      }
    });
    await changes;
  });
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(100);
  // What has come meanwhile is there, now that nobody reads further down.
  await page.locator(`a[href="/operations/op-fresh-114"]`).waitFor();
  expect(await first(page).getAttribute('aria-rowindex')).toBe('2');
  await page.context().close();
}, 120_000);
