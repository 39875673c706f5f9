import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { S3Client } from '@aws-sdk/client-s3';
import { pageOfFans } from '../../../local/src/site/fans.ts';
import { ADA, openBrowsers, startAtSite } from '../../test-support/at-site.ts';
import { FakeLog } from '../../test-support/fakes.ts';
import type { Browsers } from '../browser.ts';

/** Lists of fans through a real browser from the target site. */
const log = new FakeLog();
let chromium: Browsers;
let it: Awaited<ReturnType<typeof startAtSite>>;
beforeAll(async () => {
  chromium = openBrowsers(log);
  await chromium.start();
});
afterAll(() => chromium.close());
afterEach(() => it.site.close());

async function scrape(params: Record<string, unknown>, ...bodies: unknown[]) {
  it = await startAtSite(chromium, new S3Client({ region: 'local' }), log);
  for (const body of bodies) it.site.fault({ kind: 'data', body });
  const operation = it.operation('op', 'fans.scrape', params);
  expect(await operation.attempt()).toEqual({ kind: 'done' });
  return operation.result();
}

const fansIn = (result: { data?: unknown } | undefined) =>
  (result?.data as { fans: { id: string }[] } | undefined)?.fans;
const idsOf = (list: 'active' | 'expired' | 'all') =>
  pageOfFans(ADA.email, list, 0, 9_999).list.map(({ id }) => id);
const FAN = {
  id: 7,
  name: 'Kit 7',
  username: 'kit7',
  subscribedAt: '2026-01-01T00:00:00Z',
  expiredAt: null,
  isActive: true,
};

test.each(['active', 'expired'] as const)('all %s fans, in one navigation and one slot', async status => {
  const result = await scrape({ status });
  const ids = idsOf(status);
  expect(result?.data).toMatchObject({ status, count: ids.length, complete: true });
  expect(fansIn(result)?.map(({ id }) => id)).toEqual(ids);
  expect(fansIn(result)?.[0]).toEqual(pageOfFans(ADA.email, status, 0, 1).list[0]);
  expect(it.navigations().map(({ path, status: answered }) => [path, answered])).toEqual([
    [`/my/subscribers/${status}`, 200],
  ]);
  expect(it.slots.events).toEqual(['granted 1', 'answered 1']);
});

test.each([
  [1, 1, false],
  [50, 50, false],
  [51, 51, false],
  [idsOf('all').length - 1, idsOf('all').length - 1, false],
  [idsOf('all').length, idsOf('all').length, true],
])('at most %i: %i, complete: %s', async (max, count, complete) => {
  const result = await scrape({ max });
  expect(result?.data).toMatchObject({ status: 'all', count, complete });
  expect(fansIn(result)?.map(({ id }) => id)).toEqual(idsOf('all').slice(0, max));
});

test('ids that are numbers are text to us; other fields are passed over', async () => {
  const body = { list: [{ ...FAN, avatar: 'x' }], hasMore: false };
  expect(fansIn(await scrape({}, body))).toEqual([{ ...FAN, id: '7' }]);
});

test.each([
  ['no list', { hasMore: false }, 'field "list" must be a list, it is missing'],
  [
    'a fan without a name',
    { list: [FAN, { ...FAN, name: undefined }], hasMore: false },
    'field "list[].name" must be text, it is missing',
  ],
])('%s: kept, and says what', async (_, body, error) => {
  it = await startAtSite(chromium, new S3Client({ region: 'local' }), log);
  it.site.fault({ kind: 'data', body });
  const operation = it.operation('op', 'fans.scrape', {});
  expect(await operation.attempt()).toMatchObject({ kind: 'retry' });
  const path = '/api2/v2/subscriptions/subscribers';
  expect(operation.ledger.ends.at(-1)?.error).toBe(`the site's answer for ${path} changed: ${error}`);
});

test('more that is nothing: failed, and says what', async () => {
  const result = await scrape({}, { list: [], hasMore: true });
  expect(result?.status).toBe('failed');
  expect(result?.error).toContain('says that there are more fans, and shows none');
});
