import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { auditEndpoints } from '@huntaze/api/audit/endpoints';
import type { Api } from '@huntaze/api/compose';
import { apiEnv } from '@huntaze/api/env';
import type { Endpoint } from '@huntaze/api/http/endpoint';
import { requestLimit } from '@huntaze/api/identity/request-limit';
import { tokenEndpoints } from '@huntaze/api/identity/endpoints';
import { createToken, hashOf, tokenIdentities } from '@huntaze/api/identity/tokens';
import { operationEndpoints } from '@huntaze/api/operations/endpoints';
import { MOST_OF_TOKEN, startCourier } from '@huntaze/api/webhooks/courier';
import { webhookEndpoints } from '@huntaze/api/webhooks/endpoints';
import { newSecret, readWebhook } from '@huntaze/api/webhooks/kept';
import { signed } from '@huntaze/api/webhooks/sign';
import { readEnv } from '@huntaze/core/env';
import { endAttempt, limitFrom, listHooks, type ScriptClient } from '@huntaze/core/lua';
import { ManualClock } from '@huntaze/local/aws/manual-clock';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { keptPort } from '@huntaze/local/supervisor/port';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { useReceivers, type Received } from '../support/receiver.ts';
import { useRedis } from '../support/redis.ts';

/** The endpoints and the courier of one process, on a real Redis, local AWS, and receivers of this machine. */

const BUCKET = 'results';
const FIRST = 'the-first-token';
const redis = useRedis();
const { receiver } = useReceivers();

let aws: TestAws;
let clock: ManualClock;
let logged: Record<string, unknown>[];
let api: Api;
let couriers: { stop(): Promise<void> }[];
let webhook: ReturnType<typeof webhookEndpoints>;
let others: Record<'create' | 'tokens' | 'revoke' | 'audit', Endpoint>;

beforeEach(async () => {
  aws = await startTestAws({
    buckets: [BUCKET],
    queues: [{ name: 'queue' }],
  });
  clock = new ManualClock(Date.now());
  logged = [];
  couriers = [];
  const env = readEnv(apiEnv, {
    QUEUE_URL: `${aws.aws.url}/000000000000/queue`,
    RESULTS_BUCKET: BUCKET,
    DEAD_LETTER_QUEUE_URLS: 'http://127.0.0.1/a,http://127.0.0.1/b',
    CREDENTIALS_SECRET_PREFIX: 'creators',
    API_TOKEN_SHA256: hashOf(FIRST),
    WEBHOOKS_TO_LOOPBACK: 'true',
    REDIS_HOST: 'unused',
  });
  api = {
    env,
    redis: redis.client,
    s3: aws.s3,
    sqs: { send: () => Promise.resolve({}) } as never,
    queueUrl: env.QUEUE_URL,
    limit: limitFrom(env),
    clock,
    authenticate: tokenIdentities(aws.s3, { bucket: BUCKET, firstSha256: hashOf(FIRST), clock }),
    allow: requestLimit({ limit: 10_000, windowMs: 60_000 }),
    now: () => clock.now(),
    lineNow: () => clock.now(),
    log: line => void logged.push(line),
  } as Partial<Api> as Api;
  webhook = webhookEndpoints(() => api);
  const tokens = tokenEndpoints(() => api);
  others = {
    create: operationEndpoints(() => api).create,
    tokens: tokens.list,
    revoke: tokens.revoke,
    audit: auditEndpoints(() => api).list,
  };
});
afterEach(async () => {
  const stopping = couriers.map(one => one.stop());
  // Whoever still waits for an answer gives up.
  await clock.advance(10_000);
  await Promise.all(stopping);
  await aws.close();
});

interface Asked {
  token?: string;
  body?: unknown;
  query?: string;
  id?: string;
}
async function ask(it: Endpoint, { token = FIRST, body, query = '', id = '' }: Asked = {}) {
  const { method, path } = it.about;
  const request = new Request(`https://api.example${path.replace('{id}', 'x')}${query}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const response = await it.handle(request, { id });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

const app = async (
  creators: string[] | 'all' = ['ada'],
  role: 'viewer' | 'creator' | 'operator' = 'creator',
) => createToken(aws.s3, BUCKET, { name: 'an app', role, creators }, new Date(clock.now()));

async function setTo(url: string, token = FIRST): Promise<string> {
  const { status, json } = await ask(webhook.set, { token, body: { url } });
  expect(status).toBe(200);
  return String(json['secret']);
}

/** An operation that has ended now. */
async function ended(token = FIRST, creator_id = 'ada'): Promise<string> {
  const body = { kind: 'profile.scrape', creator_id, params: {} };
  const { status, json } = await ask(others.create, { token, body });
  expect(status).toBe(202);
  const operationId = String(json['operation_id']);
  await endAttempt(redis.client, { operationId, state: 'failed', error: 'no such page' }, clock.now());
  return operationId;
}

/** Starts a courier as a process has one; it stops after the test. */
function courier(more: { redis?: ScriptClient } = {}): { stop(): Promise<void> } {
  const started = startCourier({ ...api, random: () => 0.5, ...more });
  couriers.push(started);
  return started;
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve));
/** Lets everything run until `isSo`, without time moving on. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await turn();
}
const messages = (message: string) => logged.filter(line => line['message'] === message);
const untilLogged = (message: string, count = 1) => until(() => messages(message).length >= count);
const waiting = () => listHooks(redis.client, 'waiting', undefined, 100);
const dead = () => listHooks(redis.client, 'dead', undefined, 100);

/** As a receiver would, by other means than those that have signed it. */
async function isSigned({ headers, body }: Received, secret: string): Promise<boolean> {
  const [version, signature = ''] = String(headers['webhook-signature']).split(',');
  const raw = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', raw, algorithm, false, ['verify']);
  const said = new TextEncoder().encode(
    `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`,
  );
  return version === 'v1' && crypto.subtle.verify('HMAC', key, Buffer.from(signature, 'base64'), said);
}

describe('a delivery', () => {
  test('tells what the API shows of the operation, signed, and once', async () => {
    const there = await receiver();
    const secret = await setTo(there.url);
    const id = await ended();
    courier();
    await untilLogged('webhook delivered');
    await until(async () => (await waiting()).length === 0);
    expect(there.received).toHaveLength(1);
    const [message] = there.received as [Received];
    expect(await isSigned(message, secret)).toBe(true);
    expect(await isSigned(message, await setTo(there.url))).toBe(false);
    expect(await isSigned({ ...message, body: `${message.body} ` }, secret)).toBe(false);
    expect(message.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': `${id}-failed`,
      'webhook-timestamp': String(Math.floor(clock.now() / 1_000)),
    });
    const at = new Date(clock.now()).toISOString();
    expect(JSON.parse(message.body)).toEqual({
      type: 'operation.ended',
      operation: {
        operation_id: id,
        creator_id: 'ada',
        kind: 'profile.scrape',
        state: 'failed',
        receives: 0,
        attempts: 0,
        failures: 0,
        error: 'no such page',
        result: `/api/onlyfans/operations/${id}/result`,
        at: { pending: at, failed: at },
      },
    });
    expect(messages('webhook delivered')).toMatchObject([{ operation_id: id, token_id: 'first', tries: 1 }]);
  });

  test('that fails is made again under the same id, freshly signed, until it is given up', async () => {
    const there = await receiver((_, response) => void response.writeHead(500).end());
    const secret = await setTo(there.url);
    const id = await ended();
    courier();
    for (let tries = 1; tries <= 7; tries += 1) {
      await untilLogged('webhook failed', tries);
      await until(async () => (await waiting())[0]?.tries === tries);
      const [{ at } = { at: 0 }] = await waiting();
      await until(() => clock.sleeping === 1);
      await clock.advance(Math.max(0, at - clock.now() - 1_000));
      expect(there.received).toHaveLength(tries);
      await until(async () => {
        await until(() => clock.sleeping > 0);
        if (there.received.length === tries) await clock.advance(500);
        return there.received.length > tries;
      });
      expect(clock.now()).toBeLessThan(at + 3_000);
    }
    await untilLogged('webhook given up');
    await until(async () => (await dead()).length === 1);
    expect(new Set(there.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(there.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(8);
    for (const message of there.received) expect(await isSigned(message, secret)).toBe(true);
    expect((await ask(webhook.deliveries)).json).toEqual({
      deliveries: [
        {
          operation_id: id,
          creator_id: 'ada',
          kind: 'profile.scrape',
          operation_state: 'failed',
          token_id: 'first',
          state: 'dead',
          dead_since: expect.any(String) as string,
          tries: 8,
          last: { at: expect.any(String) as string, status: 500, why: 'answered 500' },
        },
      ],
    });
  });

  test.each<[string, number, string]>([
    ['gone', 410, 'answered 410: it wants nothing any more'],
    ['moved', 302, 'answered 302: redirects are not followed'],
  ])('to a receiver that is %s', async (_, status, why) => {
    const there = await receiver((_request, response) => void response.writeHead(status).end());
    await setTo(there.url);
    await ended();
    courier();
    const list = status === 410 ? dead : waiting;
    await until(async () => (await list())[0]?.last?.why === why);
    expect(await list()).toMatchObject([{ tries: 1, last: { status } }]);
  });

  test('whose maker died before its end was written is made again when its lease is over', async () => {
    const there = await receiver();
    await setTo(there.url);
    await ended();
    let isDying = true;
    const dying: ScriptClient = {
      evalsha: (...args) => redis.client.evalsha(...args),
      eval: (text, ...args) => {
        // The settlement comes to a Redis that doesn't know it yet, and never gets there.
        if (isDying && text.includes("'gone'")) return Promise.reject(new Error('Connection is closed.'));
        return redis.client.eval(text, ...args);
      },
    };
    await redis.client.script('FLUSH');
    const first = courier({ redis: dying });
    await untilLogged('webhook delivered');
    await first.stop();
    isDying = false;
    courier();
    await until(() => clock.sleeping === 1);
    await clock.advance(58_000);
    expect(there.received).toHaveLength(1);
    await until(async () => {
      await until(() => clock.sleeping > 0);
      if (there.received.length === 1) await clock.advance(500);
      return there.received.length === 2;
    });
    await until(async () => (await waiting()).length === 0);
    expect(there.received[0]?.headers['webhook-id']).toBe(there.received[1]?.headers['webhook-id']);
  });

  test('is dropped when the webhook has ended, or its token', async () => {
    const there = await receiver();
    const [one, other, expiring] = [
      await app(),
      await app(),
      await createToken(
        aws.s3,
        BUCKET,
        { name: 'soon over', role: 'creator', creators: ['ada'], expiresAt: new Date(clock.now() + 1_000) },
        new Date(clock.now()),
      ),
    ];
    for (const { token } of [one, other, expiring]) {
      await setTo(there.url, token);
      await ended(token);
    }
    await ask(webhook.end, { token: one.token });
    expect((await ask(others.revoke, { id: other.kept.id })).status).toBe(200);
    // Nothing of it is left, its secret least of all.
    expect(await readWebhook(aws.s3, BUCKET, other.kept.id)).toBeUndefined();
    expect(Object.keys(await redis.client.hgetall('huntaze:2:webhooks'))).toEqual([expiring.kept.id]);
    await clock.advance(1_000);
    courier();
    await untilLogged('webhook dropped: its token has none any more', 3);
    await until(async () => (await waiting()).length === 0);
    expect(there.connections()).toBe(0);
    expect(await dead()).toEqual([]);
  });

  test('waits when S3 can’t say whom to tell; that is no try', async () => {
    const there = await receiver();
    await setTo(there.url);
    await ended();
    aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 's3', action: 'GetObject' }] });
    courier();
    await untilLogged('webhook waits: its address can not be read');
    await until(async () => (await waiting())[0]?.at === clock.now() + 30_000);
    expect(await waiting()).toMatchObject([{ tries: 0 }]);
    expect(there.connections()).toBe(0);
  });
});

describe('the courier', () => {
  test('isn’t held up by a slow receiver, nor is that one asked for more than it can take', async () => {
    const slow = await receiver(() => undefined);
    const quick = await receiver();
    const [lazy, eager] = [await app(), await app()];
    await setTo(slow.url, lazy.token);
    await setTo(quick.url, eager.token);
    for (let n = 0; n < 6; n += 1) await ended(lazy.token);
    await ended(eager.token);
    courier();
    await until(() => slow.received.length === MOST_OF_TOKEN);
    await untilLogged('webhook delivered');
    for (let n = 0; n < 3; n += 1) await ended(eager.token);
    await until(() => clock.sleeping === MOST_OF_TOKEN + 1);
    await clock.advance(1_500);
    await untilLogged('webhook delivered', 4);
    expect(slow.received).toHaveLength(MOST_OF_TOKEN);
    await clock.advance(10_000);
    await untilLogged('webhook failed', MOST_OF_TOKEN);
    await until(() => slow.received.length === 2 * MOST_OF_TOKEN);
  });

  test('of two processes tells everything once', async () => {
    const there = await receiver();
    await setTo(there.url);
    const ids = [];
    for (let n = 0; n < 30; n += 1) ids.push(`${await ended()}-failed`);
    courier();
    courier();
    await untilLogged('webhook delivered', 30);
    await until(async () => (await waiting()).length === 0);
    expect(there.received.map(({ headers }) => String(headers['webhook-id'])).toSorted()).toEqual(
      ids.toSorted(),
    );
  });

  test('looks every second where there is a webhook, and every five where there is none', async () => {
    const calls: number[] = [];
    const counting: ScriptClient = {
      evalsha: (...args) => {
        calls.push(clock.now());
        return redis.client.evalsha(...args);
      },
      eval: (...args) => redis.client.eval(...args),
    };
    const gaps = async () => {
      calls.length = 0;
      for (let n = 0; n < 40; n += 1) {
        await until(() => clock.sleeping === 1);
        await clock.advance(500);
      }
      return calls.map((at, i) => at - (calls[i - 1] ?? at)).slice(2);
    };
    courier({ redis: counting });
    expect(new Set(await gaps())).toEqual(new Set([5_000]));
    await setTo('https://app.example/');
    await clock.advance(5_000);
    expect(new Set(await gaps())).toEqual(new Set([1_000]));
  });

  test('says once that Redis is out of reach, asks less and less often, and goes on', async () => {
    const there = await receiver();
    await setTo(there.url);
    await ended();
    let isOut = true;
    let asked = 0;
    const out: ScriptClient = {
      evalsha: (...args) => {
        asked += 1;
        if (isOut) return Promise.reject(new Error('Connection is closed.'));
        return redis.client.evalsha(...args);
      },
      eval: (...args) => redis.client.eval(...args),
    };
    courier({ redis: out });
    for (let s = 0; s < 120; s += 1) {
      await until(() => clock.sleeping === 1);
      await clock.advance(1_000);
    }
    expect(asked).toBeLessThan(12);
    expect(messages('webhooks wait: what is due can not be read')).toHaveLength(1);
    isOut = false;
    await until(() => clock.sleeping === 1);
    await clock.advance(30_000);
    await untilLogged('webhook delivered');
    await untilLogged('webhooks go on');
    await until(() => clock.sleeping === 1);
    expect(messages('webhooks go on')).toHaveLength(1);
  });

  test('tells a Redis that has lost its memory who has a webhook', async () => {
    const there = await receiver();
    const { token } = await app();
    await setTo(there.url, token);
    await redis.reset();
    courier();
    await until(async () => (await redis.client.hlen('huntaze:2:webhooks')) === 2);
    await ended(token);
    await ended();
    await clock.advance(5_000);
    await untilLogged('webhook delivered');
    expect(await waiting()).toEqual([]);
  });

  test('takes nothing more once it is to stop, and brings what it has to its end', async () => {
    let answer: (() => void) | undefined;
    const there = await receiver((_, response) => {
      answer = () => response.writeHead(204).end();
    });
    await setTo(there.url);
    await ended();
    const one = courier();
    await until(() => answer !== undefined);
    let isStopped = false;
    const stopping = one.stop().then(() => (isStopped = true));
    await ended();
    await turn();
    expect(isStopped).toBe(false);
    answer!();
    await stopping;
    expect(there.received).toHaveLength(1);
    expect(await waiting()).toHaveLength(1);
  });
});

describe('the endpoints', () => {
  test('a webhook is set, shown without its secret, and ended; all of it is recorded', async () => {
    const { token, kept } = await app();
    const mine = (it: Endpoint, body?: unknown) => ask(it, { token, body });
    expect(await mine(webhook.read)).toMatchObject({
      status: 404,
      json: { detail: 'there is no such webhook' },
    });
    const url = 'https://app.example/hooks?key=in-the-address';
    const set = await mine(webhook.set, { url, reason: 'the new app' });
    const since = new Date(clock.now()).toISOString();
    expect(set).toEqual({ status: 200, json: { url, since, secret: expect.any(String) as string } });
    expect((await mine(webhook.read)).json).toEqual({ url, since });
    const again = await mine(webhook.set, { url });
    expect(again.json['secret']).not.toBe(set.json['secret']);
    expect((await mine(webhook.end)).json).toEqual({ url, since });
    expect((await mine(webhook.end)).status).toBe(404);
    const { json } = await ask(others.audit, { query: `?day=${since.slice(0, 10)}` });
    const there = { origin: 'https://app.example', since };
    const about = { token_id: kept.id, on: `webhook of token ${kept.id}`, outcome: 'done' };
    expect(json['actions']).toHaveLength(3);
    expect(json['actions']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...about,
          action: 'webhook.set',
          before: { reason: 'the new app' },
          after: there,
        }),
        expect.objectContaining({ ...about, action: 'webhook.set', before: there, after: there }),
        expect.objectContaining({ ...about, action: 'webhook.end', before: there }),
      ]),
    );
    const everything = JSON.stringify([json, logged, (await ask(others.tokens)).json]);
    for (const secret of [set, again].map(one => String(one.json['secret']).slice(6)))
      expect(everything).not.toContain(secret);
    expect(everything).not.toMatch(/whsec_|in-the-address/);
  });

  test('the installation’s first token can have one, and has none any more when it is another', async () => {
    await setTo('https://app.example/');
    expect((await ask(webhook.read)).status).toBe(200);
    api.authenticate = tokenIdentities(aws.s3, { bucket: BUCKET, firstSha256: hashOf('new'), clock });
    expect((await ask(webhook.read, { token: 'new' })).status).toBe(404);
  });

  test('an address that can be none is refused, in words; a viewer asks for nothing', async () => {
    expect(await ask(webhook.set, { body: { url: 'https://10.0.0.7/' } })).toMatchObject({
      status: 400,
      json: { errors: [{ field: 'url', message: 'must lead to the public Internet' }] },
    });
    const { token } = await app(['ada'], 'viewer');
    for (const it of [webhook.set, webhook.read, webhook.end, webhook.deliveries])
      expect((await ask(it, { token, body: undefined })).status).toBe(403);
  });

  test('what can’t be kept isn’t set', async () => {
    aws.aws.faults.set({
      seed: 1,
      rules: [{ kind: 'error', service: 's3', action: 'PutObject', calls: [2] }],
    });
    expect((await ask(webhook.set, { body: { url: 'https://app.example/' } })).status).toBe(503);
    aws.aws.faults.clear();
    expect((await ask(webhook.read)).status).toBe(404);
    expect(await redis.client.hlen('huntaze:2:webhooks')).toBe(0);
  });

  test('a dry run says what would come of it, and changes nothing', async () => {
    const dry = { dry_run: true };
    const to = { url: 'https://app.example/', ...dry };
    expect((await ask(webhook.set, { body: to })).json).toEqual({
      effect: ['what this token asks for from now on is told to app.example when it has ended'],
    });
    expect((await ask(webhook.read)).status).toBe(404);
    await setTo('https://app.example/');
    expect((await ask(webhook.set, { body: { ...to, url: 'https://b.example/' } })).json).toEqual({
      effect: [
        'what this token asks for from now on is told to b.example when it has ended',
        'app.example is told nothing more',
        'its secret signs nothing more',
      ],
    });
    expect((await ask(webhook.end, { body: dry })).json).toEqual({
      effect: ['app.example is told nothing more'],
    });
    expect((await ask(webhook.read)).json).toMatchObject({ url: 'https://app.example/' });
    const id = await ended();
    for (const it of [webhook.redeliver, webhook.discard])
      expect((await ask(it, { id, body: dry })).json).toEqual({
        effect: [expect.stringContaining(`that ${id} has ended is `) as string],
      });
    expect(await waiting()).toHaveLength(1);
  });

  test('a token sees and orders its own deliveries, an operator of all creators everybody’s', async () => {
    const there = await receiver((_, response) => void response.writeHead(410).end());
    const [ada, bea, boss] = [await app(), await app(['bea'], 'operator'), await app('all', 'operator')];
    await setTo(there.url, ada.token);
    await setTo(there.url, bea.token);
    const [adas, beas] = [await ended(ada.token, 'ada'), await ended(bea.token, 'bea')];
    courier();
    await until(async () => (await dead()).length === 2);
    const seen = async (token: string) => {
      const { json } = await ask(webhook.deliveries, { token, query: '?state=dead' });
      return (json['deliveries'] as { operation_id: string }[]).map(one => one.operation_id).sort();
    };
    expect(await seen(ada.token)).toEqual([adas]);
    expect(await seen(bea.token)).toEqual([beas]);
    expect(await seen(boss.token)).toEqual([adas, beas].sort());
    for (const it of [webhook.redeliver, webhook.discard])
      for (const id of [adas, 'op-unknown', 'a/b', ''])
        expect(await ask(it, { token: bea.token, id })).toMatchObject({
          status: 404,
          json: { detail: 'there is no such delivery' },
        });
    expect((await ask(webhook.discard, { token: ada.token, id: adas })).json).toEqual({
      operation_id: adas,
      was: 'dead',
    });
    await ask(webhook.end, { token: bea.token });
    expect(await ask(webhook.redeliver, { token: boss.token, id: beas })).toMatchObject({ status: 409 });
    const quiet = await receiver();
    await setTo(quiet.url, bea.token);
    await ask(webhook.redeliver, { token: boss.token, id: beas, body: { reason: 'it is back' } });
    await until(() => clock.sleeping > 0);
    await clock.advance(5_000);
    await untilLogged('webhook delivered');
    expect(quiet.received).toHaveLength(1);
    expect(await dead()).toEqual([]);
    const { json } = await ask(others.audit, {
      query: `?day=${new Date(clock.now()).toISOString().slice(0, 10)}`,
    });
    expect(json['actions']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          token_id: ada.kept.id,
          action: 'webhook.discard',
          on: `delivery of operation ${adas} of ada`,
          before: { state: 'dead', token_id: ada.kept.id },
          after: { state: 'gone' },
        }),
        expect.objectContaining({
          token_id: boss.kept.id,
          action: 'webhook.redeliver',
          before: { state: 'dead', token_id: bea.kept.id },
          after: { state: 'waiting', reason: 'it is back' },
        }),
      ]),
    );
  });
});

describe('the receiver in the documentation', () => {
  const page = readFileSync(join(PROJECT_ROOT, 'docs/webhooks.md'), 'utf8');
  const [, code = ''] = /```js\n(.*?)```/s.exec(page)!;
  let child: ChildProcess | undefined;
  afterEach(() => void child?.kill());

  test('takes what is ours, once, and nothing else', async () => {
    const port = await keptPort();
    const url = `http://127.0.0.1:${port}/`;
    const secret = await setTo(url);
    child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      env: { WEBHOOK_SECRET: secret, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const printed: string[] = [];
    createInterface(child.stdout!).on('line', line => printed.push(line));
    const send = (headers: Record<string, string>, body: string) =>
      fetch(url, { method: 'POST', headers, body }).then(({ status }) => status);
    await until(() =>
      send({}, '{}').then(
        status => status === 401,
        () => false,
      ),
    );
    const id = await ended();
    courier();
    await untilLogged('webhook delivered');
    const body = (name: string) => JSON.stringify({ operation: { name } });
    const now = clock.now();
    expect(await send(signed('a', body('first'), secret, now), body('first'))).toBe(204);
    expect(await send(signed('a', body('again'), secret, now), body('again'))).toBe(204);
    expect(await send(signed('b', body('old'), secret, now - 400_000), body('old'))).toBe(204);
    expect(await send(signed('c', body('forged'), newSecret(), now), body('forged'))).toBe(401);
    expect(await send(signed('d', body('changed'), secret, now), body('Changed'))).toBe(401);
    expect(await send(signed('e', body('last'), secret, now), body('last'))).toBe(204);
    await until(() => printed.some(line => line.includes('last')));
    const all = printed.join('\n');
    expect(all).toContain(id);
    expect(all.match(/first|again|old|forged|changed|last/gi)).toEqual(['first', 'last']);
  });
});
