import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestAws, type TestAws } from '../../../local/src/aws/test-clients.ts';
import type { Message } from '../../../local/src/site/conversations.ts';
import { chatPage } from '../../../local/src/site/pages.ts';
import { ADA, openBrowsers, startAtSite } from '../../test-support/at-site.ts';
import { FakeLog } from '../../test-support/fakes.ts';
import type { Browsers, Session } from '../browser.ts';
import { LeaseLost } from '../outcome.ts';

/** Messages through a real browser to the target site, with the journal in an S3 at the wire. */
const log = new FakeLog();
let chromium: Browsers;
let aws: TestAws;
let it: Awaited<ReturnType<typeof startAtSite>>;

beforeAll(async () => {
  chromium = openBrowsers(log);
  [aws] = await Promise.all([startTestAws({ buckets: ['results'] }), chromium.start()]);
});
afterAll(async () => {
  await chromium.close();
  await aws.close();
});
afterEach(() => it.site.close());

const TEXT = 'Thank you!\n“Ça va?” <b>';
const PAST_DEADLINE_MS = 46_000;

async function start(params: Record<string, unknown> = {}) {
  it = await startAtSite(chromium, aws.s3, log);
  const send = (name = 'op', more = {}) =>
    it.operation(name, 'message.send', { fan_id: 'fan-7', text: TEXT, ...params, ...more });
  return { ...it, send, operation: send() };
}

const journalKey = (operationId: string, n: number) => `journal/${it.creatorId}/${operationId}/${n}.json`;

/** What the journal in the bucket says of a try; undefined if it wasn't noted. */
async function noted(operationId: string, n: number): Promise<Record<string, unknown> | undefined> {
  try {
    const Key = journalKey(operationId, n);
    const object = await aws.s3.send(new GetObjectCommand({ Bucket: 'results', Key }));
    return JSON.parse((await object.Body?.transformToString()) ?? '') as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** A process wrote this, and died. */
async function note(operationId: string, n: number, newestId: number | null, deadlineMs: number) {
  const entry = { n, newest_message_id: newestId, deadline_ms: deadlineMs, token: 'another' };
  const Key = journalKey(operationId, n);
  await aws.s3.send(new PutObjectCommand({ Bucket: 'results', Key, Body: JSON.stringify(entry) }));
}

describe('all well', () => {
  test('one message, one navigation, one slot; noted before, and nothing of it in a log', async () => {
    const { operation, effects, navigations, slots, queue } = await start();
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    const [effect] = effects();
    expect(effects()).toHaveLength(1);
    expect(navigations().map(({ path, status }) => [path, status])).toEqual([['/my/chats/chat/fan-7', 200]]);
    expect(slots.events).toEqual(['granted 1', 'answered 1']);
    expect(operation.result()).toMatchObject({
      status: 'succeeded',
      attempts: 1,
      data: { fan_id: 'fan-7', message_id: 1_000_000, confirmed: 'answered by the site' },
    });
    expect(effect?.effect).toBe('message.send fan-7 #1000000');
    expect(await noted(operation.id, 1)).toMatchObject({ n: 1 });
    expect(operation.ledger.tried).toMatchObject({ n: 1 });
    expect(queue.removed).toEqual(['m1']);
    expect(JSON.stringify(log.lines)).not.toContain('Thank you');
  });

  test('price and media travel with it', async () => {
    const { operation, site, creatorId } = await start({ price: 9.99, media_ids: ['m-1', 'm-2'] });
    await operation.attempt();
    expect(operation.result()).toMatchObject({ status: 'succeeded' });
    const newest = await chromium.withSession(creatorId, new AbortController().signal, ({ page }) =>
      page.evaluate(async () => {
        const answer = await fetch('/api2/v2/chats/fan-7/messages');
        return ((await answer.json()) as { list: Message[] }).list.at(-1);
      }),
    );
    expect(newest).toMatchObject({ text: TEXT, price: 9.99, media: [{ id: 'm-1' }, { id: 'm-2' }] });
    expect(site.sendsReceived()).toBe(1);
  });

  test('two equal texts to one fan, as two operations: two messages, even when both are looked for', async () => {
    const { send, site, effects } = await start();
    const [first, second] = [send('first'), send('second')];
    site.sendFault({ takesEffect: true, answer: { status: 502 }, times: 2 });
    expect((await first.attempt()).kind).toBe('retry');
    expect(await first.attempt()).toEqual({ kind: 'done' });
    expect((await second.attempt()).kind).toBe('retry');
    expect(await second.attempt()).toEqual({ kind: 'done' });
    expect(effects()).toHaveLength(2);
    expect([first, second].map(one => one.result()?.data)).toMatchObject([
      { message_id: 1_000_000 },
      { message_id: 1_000_001 },
    ]);
  });
});

describe('after the click', () => {
  test.each([
    ['502', { status: 502 }],
    ['an answer of another shape', { status: 200, body: { ok: true } }],
    ['a cut connection', 'cut' as const],
  ])('%s, though it was sent: found in the conversation, not sent again', async (_, answer) => {
    const { operation, site, effects, navigations } = await start();
    site.sendFault({ takesEffect: true, answer });
    expect(await operation.attempt()).toEqual({ kind: 'retry', retryInMs: 5_000 });
    expect(operation.ledger.ends.at(-1)).toMatchObject({ state: 'forwarded', countFailure: false });
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({
      status: 'succeeded',
      attempts: 2,
      data: { message_id: 1_000_000, confirmed: 'seen in the conversation' },
    });
    expect([effects().length, navigations().length, site.sendsReceived()]).toEqual([1, 2, 1]);
  });

  test.each([
    ['502', { status: 502 }],
    ['a cut connection', 'cut' as const],
  ])('%s, and it was not sent: believed only after the deadline, then sent once', async (_, answer) => {
    const { operation, site, clock, effects } = await start();
    site.sendFault({ takesEffect: false, answer });
    expect((await operation.attempt()).kind).toBe('retry');
    const early = (await operation.attempt()) as { retryInMs: number };
    expect(early.retryInMs).toBeGreaterThan(40_000);
    expect(early.retryInMs).toBeLessThan(45_000);
    expect(site.sendsReceived()).toBe(1);
    clock.shiftMs += PAST_DEADLINE_MS;
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ data: { confirmed: 'answered by the site' } });
    expect([effects().length, site.sendsReceived()]).toEqual([1, 2]);
    expect(await noted(operation.id, 2)).toMatchObject({ n: 2 });
  });

  test('a connection that was used before and is cut: the browser does not send it again by itself', async () => {
    const { send, site, effects } = await start();
    await send('before').attempt();
    site.sendFault({ takesEffect: true, answer: 'cut', times: 2 });
    const operation = send('cut');
    expect((await operation.attempt()).kind).toBe('retry');
    expect(site.sendsReceived()).toBe(2);
    expect(effects()).toHaveLength(2);
  });

  test('a page that posts more than once is let through once', async () => {
    const { operation, site, creatorId, effects } = await start();
    await chromium.withSession(creatorId, new AbortController().signal, ({ context }) =>
      context.addInitScript(() => {
        const once = globalThis.fetch;
        globalThis.fetch = (input, init) => {
          if (init?.method === 'POST') void once(input, init).catch(() => undefined);
          return once(input, init);
        };
      }),
    );
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect([effects().length, site.sendsReceived()]).toEqual([1, 1]);
  });

  test('a page that posts again once it has its answer is refused', async () => {
    const { operation, site, creatorId, effects } = await start();
    const inSession = <T>(use: (session: Session) => Promise<T>) =>
      chromium.withSession(creatorId, new AbortController().signal, use);
    await inSession(({ context }) =>
      context.addInitScript(() => {
        const once = globalThis.fetch;
        const again = Promise.withResolvers<string>();
        Object.assign(globalThis, { again: again.promise });
        globalThis.fetch = async (input, init) => {
          const response = await once(input, init);
          if (init?.method === 'POST')
            void once(input, init).then(
              () => again.resolve('posted again'),
              () => again.resolve('refused'),
            );
          return response;
        };
      }),
    );
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    const again = await inSession(({ page }) => page.evaluate('globalThis.again'));
    expect([again, effects().length, site.sendsReceived()]).toEqual(['refused', 1, 1]);
  });

  test('what the site refuses is looked for once, and failed; it is not sent again', async () => {
    const { operation, site, navigations } = await start();
    site.sendFault({ takesEffect: false, answer: { status: 403 } });
    expect(await operation.attempt()).toEqual({ kind: 'retry', retryInMs: 0 });
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({
      status: 'failed',
      error: '/api2/v2/chats/fan-7/messages answered 403',
    });
    expect([navigations().length, site.sendsReceived()]).toEqual([2, 1]);
  });

  test('an answer that says it was taken, and it is nowhere: outcome unknown, not sent again', async () => {
    const { operation, site, clock } = await start();
    site.sendFault({ takesEffect: false, answer: { status: 200, body: { ok: true } } });
    expect((await operation.attempt()).kind).toBe('retry');
    expect((await operation.attempt()).kind).toBe('retry');
    clock.shiftMs += PAST_DEADLINE_MS;
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ status: 'outcome_unknown' });
    expect(site.sendsReceived()).toBe(1);
  });

  test('429: not before the time the site named', async () => {
    const { operation, site } = await start();
    site.sendFault({ takesEffect: false, answer: { status: 429, retryAfterSeconds: 90 } });
    const { retryInMs } = (await operation.attempt()) as { retryInMs: number };
    expect(retryInMs).toBeGreaterThan(85_000);
    expect(retryInMs).toBeLessThanOrEqual(90_000);
  });

  test('a site that never takes it: five tries, each believed lost, then failed', async () => {
    const { operation, site, clock } = await start();
    site.sendFault({ takesEffect: false, answer: { status: 500 }, times: 9 });
    for (let tries = 1; tries <= 5; tries += 1) {
      expect((await operation.attempt()).kind).toBe('retry');
      clock.shiftMs += PAST_DEADLINE_MS;
    }
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({
      status: 'failed',
      error: 'tried 5 times, and not in the conversation',
    });
    expect(site.sendsReceived()).toBe(5);
  });
});

describe('after a crash', () => {
  test('between journal and click: looked for until the deadline, then sent once', async () => {
    const { operation, clock, effects, site } = await start();
    await note(operation.id, 1, 71, clock.now() + 30_000);
    const early = (await operation.attempt({ receives: 2 })) as { retryInMs: number };
    expect(early.retryInMs).toBeGreaterThan(20_000);
    expect(site.sendsReceived()).toBe(0);
    clock.shiftMs += 31_000;
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(effects()).toHaveLength(1);
    expect(await noted(operation.id, 2)).toBeDefined();
  });

  test('after the click: the message is there, and it is all', async () => {
    const { operation, site, effects } = await start();
    site.sendFault({ takesEffect: true, answer: 'silence' });
    const lease = new AbortController();
    const crashed = operation.attempt({ lease: lease.signal });
    while (effects().length === 0) await new Promise(setImmediate);
    lease.abort(new LeaseLost('gone'));
    expect(await crashed).toEqual({ kind: 'lost' });
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ data: { confirmed: 'seen in the conversation' } });
    expect([effects().length, site.sendsReceived()]).toEqual([1, 1]);
  });

  test('between answer and result: found, and recorded as succeeded', async () => {
    const { operation, results, effects } = await start();
    const writing = vi.spyOn(results, 'put').mockRejectedValue(new Error('503'));
    expect((await operation.attempt()).kind).toBe('retry');
    writing.mockRestore();
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ status: 'succeeded' });
    expect(effects()).toHaveLength(1);
  });

  test.each([
    ['received before', 2],
    ['sent anew', 1],
  ])('with a Redis that has forgotten it (%s): the bucket knows', async (_, receives) => {
    const { operation, results, site } = await start();
    const writing = vi.spyOn(results, 'put').mockRejectedValue(new Error('503'));
    await operation.attempt();
    writing.mockRestore();
    operation.forget();
    expect(await operation.attempt({ receives })).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ data: { confirmed: 'seen in the conversation' } });
    expect(site.sendsReceived()).toBe(1);
  });

  test('a lease that is lost between journal and click: nothing leaves', async () => {
    const { operation, site } = await start();
    const lease = new AbortController();
    const { ledger } = operation;
    const noteIt = ledger.note.bind(ledger);
    ledger.note = (ids, tried) => {
      lease.abort(new LeaseLost('gone'));
      return noteIt(ids, tried);
    };
    expect(await operation.attempt({ lease: lease.signal })).toEqual({ kind: 'lost' });
    expect(site.sendsReceived()).toBe(0);
  });

  test('a journal that is out of reach: nothing leaves', async () => {
    const { operation, site } = await start();
    operation.ledger.note = async () => {
      throw new Error('no Redis');
    };
    expect((await operation.attempt()).kind).toBe('retry');
    expect(site.sendsReceived()).toBe(0);
  });

  test('without a trace: sent, unless there is a message like it, which nobody can tell apart', async () => {
    const { send, effects, queue } = await start();
    const [first, second] = [send('first'), send('second')];
    first.ledger.unended = second.ledger.unended = true;
    expect(await first.attempt({ receives: 2 })).toEqual({ kind: 'done' });
    expect(first.result()).toMatchObject({ status: 'succeeded' });
    expect(await second.attempt({ receives: 2 })).toEqual({ kind: 'done' });
    expect(second.result()).toMatchObject({ status: 'outcome_unknown' });
    expect(second.ledger.state).toBe('outcome_unknown');
    expect(effects()).toHaveLength(1);
    expect(queue.removed).toHaveLength(2);
  });

  test('without a trace, and a message like it is older than its first attempt: another one, so it is sent', async () => {
    const { send, effects, clock } = await start();
    const [first, second] = [send('first'), send('second')];
    await first.attempt();
    second.ledger.unended = true;
    second.ledger.begunAtMs = clock.now() + 11_000;
    expect(await second.attempt({ receives: 2 })).toEqual({ kind: 'done' });
    expect(second.result()).toMatchObject({ status: 'succeeded' });
    expect(effects()).toHaveLength(2);
  });

  test('given back untried is not tried: an equal message of another operation is nothing to it', async () => {
    const { send, effects } = await start();
    const [first, second] = [send('first'), send('second')];
    await first.attempt();
    expect(await second.attempt({ receives: 5 })).toEqual({ kind: 'done' });
    expect(second.result()).toMatchObject({ status: 'succeeded' });
    expect(effects()).toHaveLength(2);
  });
});

describe('what nobody can tell', () => {
  const older = { id: 90, text: 'x', createdAt: '2026-01-01T00:00:00Z', isFromMe: false };

  test('a conversation that no longer reaches back: outcome unknown, and the lane goes on', async () => {
    const { operation, site, clock, queue, results } = await start();
    await note(operation.id, 1, 71, clock.now() - 1);
    site.fault({ kind: 'data', body: { list: [older], hasMore: true } });
    expect(await operation.attempt({ receives: 2 })).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({
      status: 'outcome_unknown',
      error: 'tried before, and the conversation no longer reaches back to it',
    });
    expect([queue.removed, queue.deadLetters, results.screenshots.length]).toEqual([['m1'], [], 1]);
  });

  test.each([
    ['a conversation that is gone', 404],
    ['a site that is down', 503],
  ])('%s after a try: outcome unknown, neither failed nor dead', async (_, status) => {
    const { operation, site, clock } = await start();
    await note(operation.id, 1, 71, clock.now() - 1);
    operation.ledger.failures = 1;
    site.fault({ kind: 'status', status, times: 3 });
    expect(await operation.attempt({ receives: 2 })).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ status: 'outcome_unknown' });
  });

  test('what nobody foresaw after the click, and the failures are used up: outcome unknown, not dead', async () => {
    const { operation, site } = await start();
    operation.ledger.failures = 1;
    site.sendFault({ takesEffect: true, answer: { status: 502 } });
    const { warn } = log;
    log.warn = (message, fields) => {
      log.warn = warn;
      throw new TypeError(`no ${message} for ${String(fields['status'])}`);
    };
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ status: 'outcome_unknown' });
  });

  test('a journal entry that cannot be read: outcome unknown', async () => {
    const { operation } = await start();
    const Key = journalKey(operation.id, 1);
    await aws.s3.send(new PutObjectCommand({ Bucket: 'results', Key, Body: 'half' }));
    await operation.attempt({ receives: 2 });
    expect(operation.result()).toMatchObject({ status: 'outcome_unknown' });
  });
});

describe('a site that changed', () => {
  const DRIFT = {
    path: '/api2/v2/chats/{fan_id}/messages',
    field: 'list[].createdAt',
    becomes: 'gone',
  } as const;

  test.each([
    ['text box "Message"', '>Message<', '>Write something<'],
    ['button "Send"', '>Send<', '>Post<'],
  ])('has no %s any more: said so, nothing is noted or sent', async (part, label, other) => {
    const { operation, site } = await start();
    site.fault({ kind: 'status', status: 200, body: chatPage('fan-7').replace(label, other) });
    expect((await operation.attempt()).kind).toBe('retry');
    expect(operation.ledger.ends.at(-1)?.error).toBe(
      `the site's page /my/chats/chat/{fan_id} changed: it has no ${part}`,
    );
    expect([await noted(operation.id, 1), site.sendsReceived()]).toEqual([undefined, 0]);
    // Nothing was tried, and nothing is looked for: it is sent once.
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(site.sendsReceived()).toBe(1);
  });

  test.each(['paused', 'doubted'] as const)(
    'after the click, and that is %s: looked for when it can be, never sent again',
    async drift => {
      const { operation, site, siteState, clock, effects } = await start();
      site.sendFault({ takesEffect: true, answer: 'cut' });
      siteState.drift = drift;
      expect((await operation.attempt()).kind).toBe('retry');
      const restore = site.drift(DRIFT);
      expect((await operation.attempt()).kind).toBe('retry');
      expect(operation.ledger.failures).toBe(drift === 'doubted' ? 1 : 0);
      restore();
      clock.shiftMs += PAST_DEADLINE_MS;
      expect(await operation.attempt()).toEqual({ kind: 'done' });
      expect(operation.result()).toMatchObject({ data: { confirmed: 'seen in the conversation' } });
      expect([effects().length, site.sendsReceived()]).toEqual([1, 1]);
    },
  );

  test('after the click, doubted until the failures are used up: outcome unknown, not dead, not sent again', async () => {
    const { operation, site } = await start();
    site.sendFault({ takesEffect: true, answer: 'cut' });
    await operation.attempt();
    site.drift(DRIFT);
    await operation.attempt();
    expect(await operation.attempt()).toEqual({ kind: 'done' });
    expect(operation.result()).toMatchObject({ status: 'outcome_unknown' });
    expect(site.sendsReceived()).toBe(1);
  });
});

test.each(['fan-9999', 'fan-0'])('an unknown fan (%s): failed, nothing noted, nothing sent', async fan_id => {
  const { operation, site, queue } = await start({ fan_id });
  expect(await operation.attempt()).toEqual({ kind: 'done' });
  const path = `/my/chats/chat/${encodeURIComponent(fan_id)}`;
  expect(operation.result()).toMatchObject({ status: 'failed', error: `${path} answered 404` });
  expect(site.log()).toMatchObject([{ account: ADA.email, path, status: 404 }]);
  expect(await noted(operation.id, 1)).toBeUndefined();
  expect([queue.removed, queue.deadLetters]).toEqual([['m1'], []]);
});
