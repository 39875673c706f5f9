import { randomBytes } from 'node:crypto';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestAws, type TestAws } from '../../local/src/aws/test-clients.ts';
import { openBrowsers, startAtSite } from '../test-support/at-site.ts';
import { FakeLog } from '../test-support/fakes.ts';
import { s3Sessions, type StorageState } from './saved-sessions.ts';
import { environmentSealer } from './sealer.ts';

const { signal } = new AbortController();
const key = randomBytes(32);
const STATE: StorageState = { cookies: [], origins: [{ origin: 'http://site', localStorage: [] }] };
let log: FakeLog;
let aws: TestAws;
beforeAll(async () => {
  aws = await startTestAws({ buckets: ['results'] });
});
afterAll(() => aws.close());
beforeEach(() => {
  log = new FakeLog();
});

const sessions = (with_ = key) => s3Sessions(aws.s3, 'results', environmentSealer(with_), log);
const bytesAt = async (creatorId: string) =>
  Buffer.from(
    (await (
      await aws.s3.send(new GetObjectCommand({ Bucket: 'results', Key: `sessions/${creatorId}` }))
    ).Body?.transformToByteArray()) ?? [],
  );

test('what is saved is loaded, sealed in the bucket, and each time differently', async () => {
  await sessions().save('ada', STATE);
  const first = await bytesAt('ada');
  expect(await sessions().load('ada', signal)).toEqual(STATE);
  await sessions().save('ada', STATE);
  const second = await bytesAt('ada');
  expect(first.includes('localStorage')).toBe(false);
  expect(first[0]).toBe(1);
  expect(second.subarray(1, 13).equals(first.subarray(1, 13))).toBe(false);
  expect(await sessions().load('nobody', signal)).toBeUndefined();
  expect(log.lines).toEqual([]);
});

test.each([
  ['with another key', (bytes: Buffer) => bytes, randomBytes(32)],
  ['of another version', (bytes: Buffer) => Buffer.concat([Buffer.of(2), bytes.subarray(1)]), key],
  ['that was changed', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(0)]), key],
  ['that was cut short', (bytes: Buffer) => bytes.subarray(0, 20), key],
])('a session %s is none, and a line says so without a word of it', async (_, change, other) => {
  await sessions().save('ada', STATE);
  await aws.s3.send(
    new PutObjectCommand({ Bucket: 'results', Key: 'sessions/ada', Body: change(await bytesAt('ada')) }),
  );
  expect(await sessions(other).load('ada', signal)).toBeUndefined();
  expect(log.lines).toHaveLength(1);
  expect(log.lines[0]).toMatchObject({ message: 'session not loaded', creator_id: 'ada' });
});

test("a session in another creator's place isn't opened", async () => {
  await sessions().save('ada', STATE);
  await aws.s3.send(
    new PutObjectCommand({ Bucket: 'results', Key: 'sessions/bea', Body: await bytesAt('ada') }),
  );
  expect(await sessions().load('bea', signal)).toBeUndefined();
});

test('a bucket that is out of reach costs a login, nothing else', async () => {
  const nowhere = s3Sessions(aws.s3, 'nowhere', environmentSealer(key), log);
  await nowhere.save('ada', STATE);
  await nowhere.forget('ada');
  expect(await nowhere.load('ada', signal)).toBeUndefined();
  expect(log.lines.map(line => line.message)).toEqual([
    'session not saved',
    'session not deleted',
    'session not loaded',
  ]);
});

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

test('a new browser goes on where the last one was logged in, until the site has forgotten it', async () => {
  const saved = sessions();
  const first = openBrowsers(log, saved);
  const it = await startAtSite(first, aws.s3, log, {}, saved);
  close = () => it.site.close();
  await it.operation('one', 'profile.scrape', {}).attempt();
  await first.close();
  expect(it.logins()).toBe(1);

  const second = openBrowsers(log, saved);
  it.use(second);
  await it.operation('two', 'profile.scrape', {}).attempt();
  await second.close();
  expect(it.logins()).toBe(1);
  expect(it.navigations().map(({ status }) => status)).toEqual([200, 200]);

  const old = await bytesAt(it.creatorId);
  it.site.dropSessions();
  const third = openBrowsers(log, saved);
  it.use(third);
  const three = it.operation('three', 'profile.scrape', {});
  await three.attempt();
  await third.close();
  expect(three.result()).toMatchObject({ status: 'succeeded' });
  expect(it.logins()).toBe(2);
  expect((await bytesAt(it.creatorId)).equals(old)).toBe(false);
  const cookie = (await saved.load(it.creatorId, signal))?.cookies[0]?.value;
  expect(cookie).toBeDefined();
  expect(JSON.stringify([log.lines, it.results.results])).not.toContain(cookie);
});

test('a session that the site has forgotten, and a login that fails: nothing is kept', async () => {
  const saved = sessions();
  const chromium = openBrowsers(log, saved);
  const it = await startAtSite(chromium, aws.s3, log, {}, saved);
  close = () => it.site.close();
  await it.operation('one', 'profile.scrape', {}).attempt();
  it.site.fault({ kind: 'session-dropped', times: 3 });
  expect((await it.operation('two', 'profile.scrape', {}).attempt()).kind).toBe('retry');
  await chromium.close();
  const { Contents = [] } = await aws.s3.send(
    new ListObjectsV2Command({ Bucket: 'results', Prefix: `sessions/${it.creatorId}` }),
  );
  expect(Contents).toEqual([]);
});
