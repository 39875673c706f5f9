import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { QUEUES } from '@huntaze/core/names';
import { LOCAL_AWS_CREDENTIALS, LOCAL_AWS_REGION, queueUrl } from '@huntaze/local/supervisor/parts';
import { startPipeline, type Pipeline } from '@huntaze/local/supervisor/pipeline';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, WIDE } from '../console/browser.ts';

// An operator's day at the console of a pipeline that runs: every part a process of its own, a real browser.

/** Enough wait for as long as the day takes. */
const LIMIT = 5;
/** Whatever changes by itself is there by then (ms): an alarm is looked at once a minute. */
const PATIENCE_MS = 150_000;

let folder: string;
let pipeline: Pipeline;
let browser: Browser;
let page: Page;
const faults: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-day-'));
  pipeline = await startPipeline({
    dataDir: folder,
    port: 0,
    limit: LIMIT,
    windowSeconds: 60,
    creators: ['ada', 'bea', 'cleo'],
  });
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: WIDE });
  page.setDefaultTimeout(15_000);
  page.on('pageerror', error => faults.push(error.message));
}, 60_000);
afterAll(async () => {
  await browser.close();
  await pipeline.stop();
  rmSync(folder, { recursive: true });
});

async function burst(creator_id: string, count: number): Promise<string[]> {
  const operations = Array.from({ length: count }, () => ({
    kind: 'profile.scrape',
    creator_id,
    params: {},
  }));
  const answer = await fetch(`${pipeline.apiUrl}/api/onlyfans/operations/batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${pipeline.token}` },
    body: JSON.stringify({ operations }),
  });
  expect(answer.status).toBe(207);
  const { operations: taken } = (await answer.json()) as { operations: { operation_id: string }[] };
  return taken.map(({ operation_id }) => operation_id);
}

const PATHS = {
  Overview: '/',
  Operations: '/operations',
  'Dead letters': '/dead-letters',
  Activity: '/activity',
};
const goTo = async (name: keyof typeof PATHS) => {
  await page
    .getByRole('navigation')
    .first()
    .getByRole('link', { name: new RegExp(`^${name}`) })
    .click();
  await page.waitForURL(`${pipeline.apiUrl}${PATHS[name]}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
};
const dialog = () => page.getByRole('dialog');

test('signs in, with a token that is nowhere afterwards', async () => {
  await page.goto(`${pipeline.apiUrl}/operations`);
  await page.getByLabel(/token/i).fill('not-the-token');
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.getByText(/not known/).waitFor();
  await page.getByLabel(/token/i).fill(pipeline.token);
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.waitForURL(`${pipeline.apiUrl}/operations`);
  await page.getByRole('heading', { name: 'Operations' }).waitFor();
  expect(await page.content()).not.toContain(pipeline.token);
  expect(await page.evaluate(() => document.cookie)).toBe('');
});

test('watches a burst: it is told how much waits, until when, and how much of the limit is used', async () => {
  await goTo('Overview');
  await page.getByText('All is well: nothing waits').waitFor();
  const [adas, beas] = [await burst('ada', 8), await burst('bea', 6)];
  expect(adas.length + beas.length).toBe(14);
  // It is told without a look of this page's own.
  await page
    .getByRole('heading', { level: 1, name: /^\d+ operations wait for the limit; the last goes in / })
    .waitFor();
  await page.getByText(`of ${LIMIT} used`).waitFor();
  await page
    .getByRole('row', { name: /ada.*Limited/ })
    .first()
    .waitFor();
});

test('finds why one waits, and until when', async () => {
  await goTo('Operations');
  await page.getByRole('combobox', { name: 'Creator' }).fill('ada');
  await page.waitForURL(/creator=ada/);
  await page.getByRole('link', { name: 'Waiting', exact: true }).click();
  await page.waitForURL(/state=/);
  expect(page.url()).toContain('creator=ada');
  const row = page.getByRole('row').filter({ hasText: 'in the line, its slot in' }).first();
  await row.waitFor();
  expect(await page.getByRole('row').filter({ hasText: 'bea' }).count()).toBe(0);
  await row.getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Its life' }).waitFor();
  expect(await page.getByRole('main').textContent()).toMatch(/number \d+ in the line, its slot in/);
});

test('pauses a creator, having been told what that does; the one that waits says so at once', async () => {
  const waits = page.url();
  await page.goto(`${pipeline.apiUrl}/creators/ada`);
  await page.getByRole('button', { name: 'Pause' }).click();
  await dialog()
    .getByText(/operations? of ada waits? until resumed/)
    .waitFor();
  await dialog().getByLabel('Reason').fill('holidays');
  await dialog().getByRole('button', { name: /Pause/ }).click();
  await page.getByText('holidays').first().waitFor();
  expect(await page.getByRole('main').textContent()).toContain('Paused');
  await page.goto(waits);
  await page.getByText('its creator is paused').first().waitFor();
});

test('cancels one, and resumes the others', async () => {
  await page.getByRole('button', { name: 'Cancel' }).click();
  await dialog().getByText('profile.scrape of ada never begins').waitFor();
  await dialog().getByRole('button', { name: 'Cancel it' }).click();
  await page.getByRole('row', { name: /^Cancelled/ }).waitFor();
  await page.goto(`${pipeline.apiUrl}/creators/ada`);
  await page.getByRole('button', { name: 'Resume' }).click();
  await dialog()
    .getByText(/of ada go(es)? on in order/)
    .waitFor();
  await dialog()
    .getByRole('button', { name: /Resume/ })
    .click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
});

test(
  'is called by a dead letter, and sees the alarm that went off for it',
  async () => {
    const sqs = new SQSClient({
      endpoint: pipeline.awsUrl,
      region: LOCAL_AWS_REGION,
      credentials: LOCAL_AWS_CREDENTIALS,
    });
    const dead = { operation_id: 'op-dead', kind: 'profile.scrape', creator_id: 'cleo', params: {} };
    const name = QUEUES.workflowsDeadLetters;
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl({ ports: { aws: Number(new URL(pipeline.awsUrl).port) } }, name),
        MessageBody: JSON.stringify(dead),
        MessageGroupId: 'cleo',
        MessageDeduplicationId: 'op-dead',
        MessageAttributes: {
          dead_letter_reason: { DataType: 'String', StringValue: 'failed 8 times' },
          dead_letter_attempts: { DataType: 'String', StringValue: '8' },
          dead_letter_error: { DataType: 'String', StringValue: 'the site answered 503' },
        },
      }),
    );
    sqs.destroy();
    await goTo('Overview');
    await page
      .getByRole('heading', { level: 1, name: /1 operation could not be done/ })
      .waitFor({ timeout: PATIENCE_MS });
    await page
      .getByRole('listitem')
      .filter({ hasText: 'huntaze-workflows-dead-letters' })
      .getByText('In alarm')
      .waitFor({ timeout: PATIENCE_MS });
  },
  2 * PATIENCE_MS,
);

test('asks for it again, and sees the new operation', async () => {
  await page.getByRole('link', { name: 'See the dead letters' }).click();
  await page.getByRole('row', { name: /cleo/ }).getByRole('checkbox').check();
  await page.getByRole('button', { name: /Ask again/ }).click();
  await dialog()
    .getByText(/asked for again/)
    .first()
    .waitFor();
  await dialog().getByRole('button', { name: 'Ask again' }).click();
  await page.getByRole('heading', { name: /1 letter asked for again/ }).waitFor();
  await page.getByRole('link', { name: /^op-/ }).first().click();
  await page.getByRole('heading', { name: 'Its life' }).waitFor();
  expect(await page.getByRole('main').textContent()).toContain('op-dead');
});

test('finds all of it in the record: who, what, before and after', async () => {
  await goTo('Activity');
  for (const what of [/paused/i, /resumed/i, /cancel/i, /asked again|redr/i])
    await page.getByRole('main').getByText(what).first().waitFor();
  expect(faults).toEqual([]);
});
