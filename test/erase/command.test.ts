import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { systemClock } from '@huntaze/core/clock';
import { accept } from '@huntaze/core/lua';
import type { TestAws } from '@huntaze/local/aws/test-clients';
import type { Place } from '@huntaze/local/erase/place';
import { testPlace } from '@huntaze/local/erase/test-place';
import { accountBook, accountFor } from '@huntaze/local/supervisor/accounts';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allOf, useRedis } from '../support/redis.ts';

const redis = useRedis();
const ADA = 'ada.lovelace';
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'huntaze-erase-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** `npm run erase -- …` in this environment. */
async function command(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['local/src/cli/erase.ts', ...args], {
    cwd: PROJECT_ROOT,
    env: { PATH: process.env['PATH'], HUNTAZE_DATA_DIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  const [out, err] = await said;
  return { code, out, err };
}

describe('in AWS', () => {
  let aws: TestAws;
  let place: Place;
  // The command goes by the machine's time, and so must what it waits for.
  beforeEach(async () => {
    const options = { redis: redis.client, clock: systemClock };
    ({ aws, place } = await testPlace([ADA, 'bea'], options));
  });
  afterEach(() => aws.close());

  const environment = () => ({
    RESULTS_BUCKET: place.bucket,
    CREDENTIALS_SECRET_PREFIX: place.secretPrefix,
    DEAD_LETTER_QUEUE_URLS: place.queues.map(({ url }) => url).join(','),
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(redis.client.options.port),
    REDIS_TLS: 'false',
    REDIS_AUTH_TOKEN: 'test',
    AWS_ENDPOINT_URL: aws.aws.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  const inAws = (...args: string[]) => command(['--creator', ADA, '--aws', ...args], environment());

  test('everything goes by the same steps, and what stays is told with its end', async () => {
    for (const key of [`results/${ADA}/op-1.json`, `sessions/${ADA}`])
      await aws.s3.send(new PutObjectCommand({ Bucket: place.bucket, Key: key, Body: '{}' }));
    const MessageBody = JSON.stringify({ creator_id: ADA });
    await aws.sqs.send(new SendMessageCommand({ QueueUrl: place.queues[0]!.url, MessageBody }));
    const operation = { operationId: 'op-1', creatorId: ADA, kind: 'k' };
    await accept(redis.client, { scope: 'creator', limit: 1, windowMs: 1_000 }, operation);

    const dry = await inAws();
    expect(dry).toEqual({ code: 0, err: '', out: expect.stringContaining(`of ${ADA} there is in AWS:\n`) });
    expect(dry.out).toContain('1  operations in Redis (1 not begun: to be cancelled)');
    const done = await inAws('--yes');
    expect({ code: done.code, err: done.err }).toEqual({ code: 0, err: '' });
    expect(done.out).toContain(`nothing of ${ADA} is in AWS any more. What stays, and goes by itself:`);
    expect(done.out).toMatch(/- the ids of operations in Redis.*: until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\n/);
    expect(done.out).toContain('- logs, which name creators by their ids: 90 days (dev: 7)\n');
    expect(await inAws()).toEqual({ code: 0, out: `nothing of ${ADA} is here\n`, err: '' });
    expect((await allOf(redis.client)).filter(one => one.includes(ADA))).toEqual([]);
  }, 60_000);

  test('a secret that is to be restored is told with its end, and goes at once when that is asked for', async () => {
    const kept = await inAws('--yes', '--keep-secret', '7');
    expect(kept.out).toMatch(/- its secret, to be restored: until 20/);
    expect((await inAws('--keep-secret', '7')).out).toBe(`nothing of ${ADA} is here\n`);
    const dry = await inAws();
    expect(dry.out).toContain('its secret, which can still be restored');
    expect((await inAws('--yes')).code).toBe(0);
    expect((await inAws()).out).toBe(`nothing of ${ADA} is here\n`);
  }, 60_000);

  test('variables that are missing or malformed are named in one line', async () => {
    const { RESULTS_BUCKET: _, ...rest } = environment();
    const { code, out, err } = await command(['--creator', ADA, '--aws'], {
      ...rest,
      DEAD_LETTER_QUEUE_URLS: 'https://one',
    });
    expect({ code, out, err }).toEqual({
      code: 1,
      out: '',
      err: 'environment: RESULTS_BUCKET is missing; DEAD_LETTER_QUEUE_URLS must be two addresses with a comma between them\n',
    });
  });

  test('a Redis that is not reached is told in one line', async () => {
    const { code, err } = await command(['--creator', ADA, '--aws'], { ...environment(), REDIS_PORT: '1' });
    expect(code).toBe(1);
    expect(err).toMatch(
      /^no Redis at 127\.0\.0\.1:1: .*; it is reached from within its VPC only \(docs\/deploy\.md\)\n$/,
    );
  });
});

describe('on this machine', () => {
  test('where there is no installation, nothing is', async () => {
    expect(await command(['--creator', ADA, '--yes'])).toEqual({
      code: 0,
      out: `nothing of ${ADA} is here\n`,
      err: '',
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of a job that has ended and had to do with it, only is left that it was done', async () => {
    const job = (name: string, creatorId: string) => {
      const of = join(folder, 'jobs', name);
      mkdirSync(of, { recursive: true });
      accountBook(join(of, 'accounts.json')).add([accountFor(creatorId, 'secret')]);
      writeFileSync(join(of, 'aws.sqlite'), 'content');
      writeFileSync(join(of, 'job.json'), JSON.stringify({ id: 'x', file: '/x', begunAt: 1, finishedAt: 2 }));
      return of;
    };
    const [hers, others] = [job('hers', ADA), job('others', 'ada')];
    expect((await command(['--creator', ADA])).out).toMatch(
      /jobs\/hers: what is left of a job that has ended, of all its creators\nnothing was removed/,
    );
    expect(existsSync(join(hers, 'aws.sqlite'))).toBe(true);
    expect((await command(['--creator', ADA, '--yes'])).code).toBe(0);
    expect(readdirSync(hers)).toEqual(['job.json']);
    expect(readdirSync(others).sort()).toEqual(['accounts.json', 'aws.sqlite', 'job.json']);
    expect((await command(['--creator', ADA])).out).toBe(`nothing of ${ADA} is here\n`);
  });

  test.each([
    [[], /^--creator is missing: whose data\? usage: /],
    [['--creator', 'a/b'], /^--creator must be 1 to 128 letters, .*; nothing was looked for\n$/],
    [['--creator', 'ada', '--wait', 'long'], /^--wait must be a number from 0 to 86400, not "long"\n$/],
    [['--creator', 'ada', '--keep-secret', '6'], /^--keep-secret must be from 7 to 30 days, as /],
    [['--creator', 'ada', '--force'], /^Unknown option '--force'; usage: /],
    [['ada'], /^Unexpected argument 'ada'; usage: /],
  ])('%j is refused with one line', async (args, line) => {
    const { code, out, err } = await command(args);
    expect({ code, out, lines: err.trimEnd().split('\n').length }).toEqual({ code: 1, out: '', lines: 1 });
    expect(err).toMatch(line);
  });
});
