import { ListObjectVersionsCommand, PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ListSecretsCommand } from '@aws-sdk/client-secrets-manager';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import {
  accept,
  endAttempt,
  readOperation,
  settle,
  startAttempt,
  tick,
  type Arrival,
  type ScopedLimit,
} from '@huntaze/core/lua';
import { messageFor } from '@huntaze/core/message';
import type { TestAws } from '@huntaze/local/aws/test-clients';
import { erase } from '@huntaze/local/erase/erase';
import { inventoryLines, isNothing, takeInventory } from '@huntaze/local/erase/inventory';
import { NotErased, type Place } from '@huntaze/local/erase/place';
import { testPlace } from '@huntaze/local/erase/test-place';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allOf, useRedis } from '../support/redis.ts';

const redis = useRedis();
const LIMIT: ScopedLimit = { scope: 'platform', limit: 3, windowMs: 60_000 };
const ADA = 'ada.lovelace';
const BEA = 'bea.smith';
const QUIET = { waitMs: 0, say: () => undefined };

let aws: TestAws;
let place: Place;
let named: number;
async function begin(): Promise<void> {
  ({ aws, place } = await testPlace([ADA, BEA], { redis: redis.client }));
  await aws.s3.send(
    new PutBucketVersioningCommand({
      Bucket: place.bucket,
      VersioningConfiguration: { Status: 'Enabled' },
    }),
  );
  named = 0;
}
beforeEach(begin);
afterEach(() => aws.close());

/** An operation as the API accepts it, and its message as the limiter reads it. */
async function asked(creatorId: string): Promise<Arrival> {
  const operationId = `op-${++named}`;
  const request = { kind: 'profile.scrape', creator_id: creatorId, params: {} } as const;
  const key = { key: `key-${named}`, fingerprint: 'x' };
  const operation = { operationId, creatorId, kind: request.kind };
  const acceptance = await accept(redis.client, LIMIT, operation, key);
  if (acceptance.is !== 'accepted') throw new Error(acceptance.is);
  const { sequence, follows } = acceptance.place;
  return {
    ...operation,
    sequence,
    follows,
    notAfter: undefined,
    messageId: `copy-of-${operationId}`,
    receiptHandle: 'h',
    receives: 1,
    body: messageFor(request, acceptance.place).MessageBody,
    attributes: '{}',
  };
}

/** Work of both, by turns: some done, some sent on, some waiting with its body here; objects, dead letters. */
async function fill(): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  for (let n = 0; n < 4; n += 1) arrivals.push(await asked(ADA), await asked(BEA));
  const lease = { id: 'lease', holdMs: 1, hiddenMs: 120_000 };
  const turn = await tick(redis.client, 'platform', LIMIT, lease, arrivals);
  const forwarded = turn.releases.map(({ operationId }) => operationId);
  await settle(redis.client, 'platform', 'lease', { forwarded, staying: turn.staying });
  const { creatorId, operationId, kind } = arrivals[0]!;
  await startAttempt(redis.client, { operationId, creatorId, kind, line: 'platform' });
  await endAttempt(redis.client, { operationId, state: 'succeeded' });
  for (const creator of [ADA, BEA]) {
    for (const key of [
      `results/${creator}/op-1.json`,
      `journal/${creator}/op-1/1.json`,
      `sessions/${creator}`,
    ])
      for (let version = 0; version < 2; version += 1)
        await aws.s3.send(new PutObjectCommand({ Bucket: place.bucket, Key: key, Body: creator }));
    for (const { name, url } of place.queues)
      for (let n = 0; n < 3; n += 1)
        await aws.sqs.send(
          new SendMessageCommand({
            QueueUrl: url,
            MessageBody: JSON.stringify({ creator_id: creator, n }),
            ...(name.endsWith('.fifo') && {
              MessageGroupId: creator,
              MessageDeduplicationId: `${creator}-${n}`,
            }),
          }),
        );
  }
  return arrivals;
}

/** Everything in all stores, one text for each thing; what is in the queues is taken out for that. */
async function everything(): Promise<string[]> {
  const { Versions = [], DeleteMarkers = [] } = await aws.s3.send(
    new ListObjectVersionsCommand({ Bucket: place.bucket }),
  );
  const { SecretList = [] } = await aws.secrets.send(
    new ListSecretsCommand({ IncludePlannedDeletion: true }),
  );
  const letters: string[] = [];
  for (const { name, url: QueueUrl } of place.queues)
    for (;;) {
      const { Messages } = await aws.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      if (!Messages) break;
      for (const { Body, ReceiptHandle } of Messages) {
        letters.push(`${name}: ${Body}`);
        await aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  return [
    ...[...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => `${Key} ${VersionId}`).sort(),
    ...SecretList.map(({ Name }) => Name!).sort(),
    // In a FIFO queue their order counts.
    ...letters.filter(letter => letter.includes('.fifo')),
    ...letters.filter(letter => !letter.includes('.fifo')).sort(),
    ...(await allOf(redis.client)),
  ];
}

/** What there is of bea, without what changes by itself: versions' names, and the hash that all creators share. */
const ofBea = (all: string[]) =>
  all
    .filter(one => one.includes(BEA) && !one.includes(':creators ='))
    .map(one => one.replace(/^((?:results|journal|sessions)\/\S+) .*$/, '$1'));

describe('a creator is erased', () => {
  test('and nothing of it is anywhere; of the other everything is, in its order', async () => {
    await fill();
    const before = ofBea(await everything());
    expect(before.length).toBeGreaterThan(20);
    await redis.reset();
    await aws.close();
    await begin();
    await fill();
    const said: string[] = [];
    const erased = await erase(place, ADA, { ...QUIET, say: line => said.push(line) });
    const after = await everything();
    expect(after.filter(one => one.includes(ADA))).toEqual([]);
    const timeless = (all: string[]) => all.map(one => one.split(/ = | /)[0]!.replace(/"n".*/, ''));
    expect(timeless(ofBea(after))).toEqual(timeless(before));
    expect(ofBea(after).filter(one => one.includes('.fifo'))).toEqual(
      [0, 1, 2].map(n => `huntaze-hybrid-workflows-dlq.fifo: {"creator_id":"${BEA}","n":${n}}`),
    );
    expect(said).toEqual([
      '6 objects deleted from huntaze-results',
      '3 messages deleted from huntaze-rate-limiter-dlq',
      '3 messages deleted from huntaze-hybrid-workflows-dlq.fifo',
    ]);
    expect(erased.idsUntilMs! - Date.now()).toBeGreaterThan(14.9 * 86_400_000);
  });

  test('the other’s waiting operations go on in their order', async () => {
    const arrivals = await fill();
    await erase(place, ADA, QUIET);
    const later = Date.now() + 3_600_000;
    const turn = await tick(
      redis.client,
      'platform',
      { ...LIMIT, limit: 10 },
      { id: 'l', holdMs: 1, hiddenMs: 1 },
      arrivals,
      later,
    );
    const sent = arrivals.filter(({ creatorId }) => creatorId === BEA).slice(1);
    expect(turn.releases.map(({ operationId }) => operationId)).toEqual(
      sent.map(({ operationId }) => operationId),
    );
  });

  test('what there is is only told before, and the telling changes nothing', async () => {
    await fill();
    const inRedis = await allOf(redis.client);
    const inventory = await takeInventory(place, ADA);
    expect(await allOf(redis.client)).toEqual(inRedis);
    expect(inventoryLines(inventory)).toEqual([
      '       2  results, screenshots, traces in S3',
      '       2  journal of tries in S3',
      '       2  saved session in S3',
      '       1  credentials in Secrets Manager',
      '       3  messages in huntaze-rate-limiter-dlq',
      '       3  messages in huntaze-hybrid-workflows-dlq.fifo',
      '       4  operations in Redis (3 not begun: to be cancelled)',
      '       2  bodies of messages in Redis',
      expect.stringMatching(/^ {7}\d {2}entries under its name in Redis$/),
    ]);
    expect((await everything()).filter(one => one.includes(ADA)).length).toBeGreaterThan(20);
  });

  test('twice is as once, and of one that nobody knows there is nothing', async () => {
    await fill();
    await erase(place, ADA, QUIET);
    const before = await allOf(redis.client);
    expect(isNothing(await takeInventory(place, ADA))).toBe(true);
    await erase(place, ADA, QUIET);
    expect(await allOf(redis.client)).toEqual(before);
    expect(isNothing(await takeInventory(place, 'nobody'))).toBe(true);
  });
});

describe('interrupted', () => {
  /** The same place, but its `nth` call fails: before anything is done, or so that only the answer is lost. */
  function failing(nth: number, when: 'before' | 'after'): { at: Place; failed: () => boolean } {
    let calls = 0;
    let hasFailed = false;
    const wrap = <Client extends object>(client: Client, names: string[]) =>
      new Proxy(client, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function' || !names.includes(String(name))) return value;
          return async (...args: unknown[]) => {
            const isIt = ++calls === nth;
            if (isIt) hasFailed = true;
            if (isIt && when === 'before') throw new Error('interrupted');
            const answer: unknown = await Reflect.apply(value, target, args);
            if (isIt) throw new Error('interrupted');
            return answer;
          };
        },
      });
    const at = {
      ...place,
      s3: wrap(place.s3, ['send']),
      sqs: wrap(place.sqs, ['send']),
      secrets: wrap(place.secrets, ['send']),
      redis: wrap(redis.client, ['evalsha', 'eval']),
    };
    return { at, failed: () => hasFailed };
  }

  test.each(['before', 'after'] as const)(
    'at whichever call, %s it is made, and repeated: the same end',
    async when => {
      let ends: number;
      for (ends = 1; ; ends += 1) {
        await redis.reset();
        await aws.close();
        await begin();
        await fill();
        const { at, failed } = failing(ends, when);
        const broken = await erase(at, ADA, QUIET).then(
          () => undefined,
          (error: Error) => error.message,
        );
        if (!failed()) break;
        expect([undefined, 'interrupted']).toContain(broken);
        await erase(place, ADA, QUIET);
        const after = await everything();
        expect(after.filter(one => one.includes(ADA))).toEqual([]);
        // Two versions each of three objects, its secret, three letters in each queue.
        expect(ofBea(after).filter(one => !one.includes('huntaze:2:'))).toHaveLength(13);
        expect(ofBea(after).filter(one => one.startsWith('huntaze:2:op:'))).toHaveLength(4);
      }
      expect(ends).toBeGreaterThan(30);
    },
    120_000,
  );
});

describe('what is at work', () => {
  const beginWork = async () => {
    const arrivals = await fill();
    const sent = arrivals[2]!; // of ada, sent on
    const { operationId, creatorId, kind } = sent;
    await startAttempt(redis.client, { operationId, creatorId, kind, line: 'platform' });
    return operationId;
  };

  test('is awaited, and told of with the time that is left', async () => {
    const operationId = await beginWork();
    const said: string[] = [];
    let looks = 0;
    const clock = {
      ...place.clock,
      sleep: async () => {
        if (++looks === 3) await endAttempt(redis.client, { operationId, state: 'succeeded' });
      },
    };
    await erase({ ...place, clock }, ADA, { waitMs: 42_000, say: line => said.push(line) });
    expect(said[0]).toBe('1 operation at work (profile.scrape), awaited; given up in 42 s');
    expect({ looks, awaited: said.filter(line => line.includes('at work')).length }).toEqual({
      looks: 3,
      awaited: 1,
    });
    expect((await everything()).filter(one => one.includes(ADA))).toEqual([]);
  });

  test('but not for ever: nothing is removed then, nothing new begins, and the same again comes to the end', async () => {
    const operationId = await beginWork();
    // Redis goes by its own time, which is today's.
    const clock = { ...place.clock, now: () => Date.now() };
    const stopped = await erase({ ...place, clock }, ADA, QUIET).catch((error: unknown) => error);
    expect(stopped).toBeInstanceOf(NotErased);
    expect((stopped as Error).message).toMatch(
      /^1 operation at work \(profile\.scrape\), and not at an end; nothing new of ada\.lovelace is accepted or begun: give the same command again later \(should the scraper not run, in 1 h at the latest\)$/,
    );
    expect(await takeInventory(place, ADA)).toMatchObject({ isBegun: true });
    await expect(asked(ADA)).rejects.toThrow('draining');
    await endAttempt(redis.client, { operationId, state: 'forwarded', retryAt: Date.now() + 9_000_000 });
    await erase(place, ADA, QUIET);
    expect((await everything()).filter(one => one.includes(ADA))).toEqual([]);
    expect(await readOperation(redis.client, LIMIT, operationId)).toBeUndefined();
  });
});

test('what comes back meanwhile is found at the end, and told', async () => {
  await fill();
  let isGone = false;
  const s3 = new Proxy(place.s3, {
    get: (target, name) =>
      name === 'send'
        ? async (command: never) => {
            const answer = await target.send(command);
            if (isGone)
              await aws.s3.send(
                new PutObjectCommand({ Bucket: place.bucket, Key: `sessions/${ADA}`, Body: 'x' }),
              );
            return answer;
          }
        : (Reflect.get(target, name) as unknown),
  });
  const at: Place = { ...place, s3, compact: async () => void (isGone = true) };
  await expect(erase(at, ADA, QUIET)).rejects.toThrow(
    /^not everything is gone; give the same command again\. Still here:\n {7}\d {2}saved session in S3$/,
  );
});
