import { describe, expect, test } from 'vitest';
import { held, profileBody } from '../test-support/fakes.ts';
import { failing, setUp } from '../test-support/one-attempt.ts';
import { whileClosedMs, whilePausedMs } from './backoff.ts';
import { readIds } from './operation.ts';
import { ClientFault, NeedsLogin, SiteChanged, SiteFailure, Throttled } from './outcome.ts';

test('success: result, ledger, queue, and one line and one measurement of it', async () => {
  const { clock, queue, ledger, results, log, metrics, attempt } = setUp(async operation => {
    operation.navigations.push({ path: '/my/profile', started_at_ms: 1, answered_at_ms: 2, status: 200 });
    await operation.clock.sleep(1_500, operation.signal);
    return { id: 7 };
  });
  const startedAt = clock.now();
  expect(await attempt()).toEqual({ kind: 'done' });
  expect(results.results).toEqual([
    {
      operation_id: 'op-1',
      creator_id: 'ada',
      kind: 'profile.scrape',
      correlation_id: 'op-1',
      status: 'succeeded',
      started_at: new Date(startedAt).toISOString(),
      finished_at: new Date(startedAt + 1_500).toISOString(),
      attempts: 1,
      site: { navigations: [{ path: '/my/profile', started_at_ms: 1, answered_at_ms: 2, status: 200 }] },
      data: { id: 7 },
    },
  ]);
  expect(ledger.ends).toEqual([{ operationId: 'op-1', state: 'succeeded', fits: [] }]);
  expect(queue.removed).toEqual(['m1']);
  expect(metrics).toEqual([[true, 1_500]]);
  expect(log.of('attempt over')).toMatchObject([
    { message_id: 'm1', creator_id: 'ada', success: true, duration_ms: 1_500 },
  ]);
});

test('429: kept until the time the site named, and nothing counted', async () => {
  const {
    clock,
    queue,
    ledger,
    results,
    site,
    gate: opening,
    counted,
    attempt,
  } = setUp(async operation => {
    throw new Throttled(operation.clock.now() + 42_000, '/my/profile');
  });
  const now = clock.now();
  site.untilMs = now + 50_000;
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 42_000 });
  expect(ledger.ends).toEqual([
    {
      operationId: 'op-1',
      state: 'forwarded',
      error: '/my/profile answered 429',
      countFailure: false,
      retryAt: now + 42_000,
    },
  ]);
  expect([queue.removed, queue.deadLetters, results.results]).toEqual([[], [], []]);
  expect(site.told).toEqual([['refused', 'ada', now + 42_000]]);
  expect(opening.waitMs(now)).toBe(50_000);
  expect(counted).toEqual(['throttled']);
});

test('a 429 that cannot be noted holds for its own message all the same', async () => {
  const { site, log, attempt } = setUp(async operation => {
    throw new Throttled(operation.clock.now() + 42_000, '/my/profile');
  });
  site.down = new Error('no Redis');
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 42_000 });
  expect(log.of('refusal not noted')).toHaveLength(1);
});

test('5xx: three tries in one attempt with growing pauses, then counted and kept', async () => {
  const { clock, ledger, log, runs, attempt } = setUp(
    failing(new SiteFailure('/my/profile answered 503', '/my/profile', 503)),
  );
  const times: number[] = [];
  const push = runs.push.bind(runs);
  runs.push = (...items) => {
    times.push(clock.now());
    return push(...items);
  };
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 15_000 });
  expect(times.map(time => time - (times[0] as number))).toEqual([0, 500, 1_500]);
  expect(ledger.failures).toBe(1);
  expect(log.of('site error')).toMatchObject(
    [1, 2, 3].map(tries => ({
      status: 503,
      url: '/my/profile',
      attempt: 1,
      try: tries,
      correlation_id: 'op-1',
    })),
  );
});

test('5xx that passes: succeeded, nothing counted', async () => {
  let tries = 0;
  const { ledger, attempt } = setUp(async () => {
    tries += 1;
    if (tries < 3) throw new SiteFailure('no answer', '/my/profile');
    return {};
  });
  expect(await attempt()).toEqual({ kind: 'done' });
  expect(ledger.failures).toBe(0);
});

test('the delay doubles with each failure, and the last failure is the end: dead letter, result, screenshot', async () => {
  const { queue, ledger, results, metrics, attempt } = setUp(
    failing(new SiteFailure('down', '/my/profile', 500)),
  );
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 15_000 });
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 30_000 });
  expect(metrics).toEqual([]);
  expect(await attempt()).toEqual({ kind: 'done' });
  expect(queue.deadLetters.map(({ reason }) => reason)).toEqual(['3 failures, the last one: down']);
  expect(queue.removed).toEqual(['m1']);
  expect(results.results).toMatchObject([{ status: 'dead', error: 'down', attempts: 3 }]);
  expect(results.screenshots).toHaveLength(1);
  expect([ledger.state, ledger.failures]).toEqual(['dead', 3]);
  expect(metrics.map(([success]) => success)).toEqual([false]);
});

test('what nobody foresaw is counted, so that it ends some day', async () => {
  const { ledger, attempt } = setUp(failing(new TypeError('x is undefined\n    fill("secret")')));
  expect((await attempt()).kind).toBe('retry');
  expect(ledger.ends[0]).toMatchObject({ countFailure: true, error: 'unexpected: x is undefined' });
});

test('4xx: recorded as failed with a screenshot, deleted, never tried again', async () => {
  const { queue, ledger, results, runs, attempt } = setUp(
    failing(new ClientFault('/my/profile answered 404', '/my/profile', 404)),
  );
  expect(await attempt()).toEqual({ kind: 'done' });
  expect(runs).toHaveLength(1);
  // With what was asked for: it can be asked for again.
  const request = { kind: 'profile.scrape', creator_id: 'ada', params: {} };
  expect(results.results).toMatchObject([{ status: 'failed', error: '/my/profile answered 404', request }]);
  expect([results.screenshots.length, results.traces]).toEqual([1, [[{ event: 'crash' }]]]);
  expect(ledger.ends).toEqual([{ operationId: 'op-1', state: 'failed', error: '/my/profile answered 404' }]);
  expect(queue.removed).toEqual(['m1']);
});

test('a login that is refused: its creator is paused until a person has looked, nothing counted', async () => {
  const { ledger, site, attempt } = setUp(failing(new NeedsLogin('refused')));
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 60_000 });
  expect(site.told).toEqual([['needs login', 'ada', 'refused']]);
  expect(ledger.failures).toBe(0);
});

test('a login that is refused, and the pause cannot be noted: not tried again for a quarter of an hour', async () => {
  const { ledger, site, attempt } = setUp(failing(new NeedsLogin('refused')));
  site.down = new Error('no Redis');
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 900_000 });
  expect(ledger.failures).toBe(0);
});

describe('a site that changed', () => {
  const changed = failing(new SiteChanged('it changed', '/api2/v2/users/me', ['name', 'about']));

  test.each(['pauses', 'paused'] as const)(
    'and the kind %s: kept as after a pause, nothing counted',
    async drift => {
      const { ledger, results, queue, site, log, counted, runs, attempt } = setUp(changed);
      site.drift = drift;
      expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 60_000 });
      expect(site.told).toEqual([['changed', '/api2/v2/users/me', 'name', 'about']]);
      expect(ledger.ends).toMatchObject([{ state: 'forwarded', error: 'it changed', countFailure: false }]);
      expect([runs.length, results.results, queue.removed]).toEqual([1, [], []]);
      // Said by whoever has found it out, and nobody else.
      const times = drift === 'pauses' ? 1 : 0;
      expect([log.of('site changed').length, counted.length]).toEqual([times, times]);
      expect(log.of('site error')).toMatchObject([
        { error: 'it changed', status: 200, url: '/api2/v2/users/me' },
      ]);
    },
  );

  test('as one account says, and not yet another: the site’s failure like any other, until it is dead', async () => {
    const { ledger, results, queue, log, counted, attempt } = setUp(changed);
    expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 15_000 });
    expect(ledger.failures).toBe(1);
    await attempt();
    expect(await attempt()).toEqual({ kind: 'done' });
    expect(results.results).toMatchObject([{ status: 'dead', error: 'it changed' }]);
    expect(queue.deadLetters).toMatchObject([{ reason: '3 failures, the last one: it changed' }]);
    expect([log.of('site changed'), counted]).toEqual([[], []]);
  });

  test('as a version says that is being replaced: soon tried by another, nothing counted', async () => {
    const { ledger, site, attempt } = setUp(changed);
    site.drift = 'outdated';
    expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 15_000 });
    expect(ledger.failures).toBe(0);
  });

  test('and that can’t be said: kept, nothing counted', async () => {
    const { ledger, site, log, attempt } = setUp(changed);
    site.down = new Error('no Redis');
    expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 15_000 });
    expect(ledger.failures).toBe(0);
    expect(log.of('change of the site not noted')).toMatchObject([{ error: 'no Redis' }]);
  });
});

test('a site that fails again and again: the breaker opens in the middle of an attempt, which ends there', async () => {
  const {
    clock,
    ledger,
    site,
    gate: opening,
    runs,
    counted,
    log,
    attempt,
  } = setUp(failing(new SiteFailure('/my/profile answered 503', '/my/profile', 503)));
  await attempt();
  expect([runs.length, site.told]).toEqual([3, []]);
  site.untilMs = clock.now() + 90_000;
  expect((await attempt()).kind).toBe('retry');
  // Five of five: no third try, which would only wait.
  expect(runs).toHaveLength(5);
  expect(site.told).toEqual([['breaker opened', 'ada', '/my/profile answered 503']]);
  expect(opening.waitMs(site.untilMs - 90_000)).toBe(90_000);
  expect(counted).toEqual(['breaker opened']);
  expect(log.of('breaker opened')).toHaveLength(1);
  expect(ledger.failures).toBe(2);
});

test('while the window is closed nothing begins: kept until it opens, nothing counted, and no poll before', async () => {
  const { clock, queue, ledger, runs, gate: opening, log, attempt } = setUp(async () => ({}));
  const now = clock.now();
  ledger.closedUntilMs = now + 42_000;
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs: 42_000 });
  expect([runs, queue.removed, ledger.ends]).toEqual([[], [], []]);
  expect(opening.waitMs(now)).toBe(42_000);
  expect(log.of('site closed')).toHaveLength(1);
});

test('a window that is closed for two weeks costs fewer receives than SQS allows', () => {
  const untilMs = 14 * 86_400_000;
  let now = 0;
  let receives = 0;
  for (; now < untilMs; receives += 1) now += whileClosedMs(untilMs, now);
  expect(receives).toBeLessThan(700);
});

test.each([
  ['a kind of a later version', profileBody({ kind: 'posts.scrape' }), 'kind posts.scrape is not supported'],
  ['an unknown kind', profileBody({ kind: 'cake.bake' }), 'kind must be one of message.send, '],
  ['a field that is missing', profileBody({ requested_at: undefined }), 'requested_at is missing'],
])('%s: recorded as failed, deleted, the lane goes on', async (_, body, error) => {
  const { queue, ledger, results, runs, attempt } = setUp(async () => ({}));
  expect(await attempt(body)).toEqual({ kind: 'done' });
  expect(runs).toEqual([]);
  expect(results.results).toMatchObject([{ status: 'failed', operation_id: 'op-1' }]);
  expect(results.results[0]?.error).toContain(error);
  expect(results.screenshots).toEqual([]);
  expect(ledger.ends).toMatchObject([{ state: 'failed' }]);
  expect(queue.removed).toEqual(['m1']);
});

test.each([
  ['no JSON', 'hello', 'body is not JSON'],
  ['no creator', '{"operation_id":"op-1"}', 'creator_id is missing'],
])('%s: a dead letter with its reason, because it can be recorded nowhere', async (_, body, reason) => {
  const { queue, ledger, attempt } = setUp(async () => ({}));
  expect(await attempt(body)).toEqual({ kind: 'done' });
  expect(queue.deadLetters.map(letter => letter.reason)).toEqual([reason]);
  expect(queue.removed).toEqual(['m1']);
  expect(ledger.ends).toEqual([]);
});

test.each([
  ['has just begun', 0, undefined, 60_000],
  ['lasts for a day', 86_400_000, undefined, 8_640_000],
  ['ends in ten seconds', 0, 10_000, 10_000],
  ['should be over by now', 3_600_000, -5_000, 1_000],
])('a pause that %s: the message is kept, and nothing is done', async (_, lastedMs, endsInMs, retryInMs) => {
  const { clock, ledger, queue, runs, log, attempt } = setUp(async () => ({}));
  const now = clock.now();
  ledger.paused = {
    sinceMs: now - lastedMs,
    untilMs: endsInMs === undefined ? undefined : now + endsInMs,
  };
  expect(await attempt()).toEqual({ kind: 'retry', retryInMs });
  expect([runs, queue.removed, ledger.ends]).toEqual([[], [], []]);
  expect(log.of('paused')).toHaveLength(1);
});

test('a pause of two weeks costs far fewer receives than SQS allows', () => {
  const sinceMs = 0;
  let now = 0;
  let receives = 0;
  for (; now < 14 * 86_400_000; receives += 1) now += whilePausedMs({ sinceMs, untilMs: undefined }, now);
  expect(receives).toBeLessThan(150);
});

test.each([
  ['an attribute', { operation_id: { DataType: 'String', StringValue: 'named' } }, 'named'],
  [
    'one attribute with all',
    { rate_limiter: { DataType: 'String', StringValue: '{"operation_id":"named"}' } },
    'named',
  ],
  [
    'a producer’s own attribute of that name',
    { rate_limiter: { DataType: 'String', StringValue: '{' } },
    'm1',
  ],
  ['an id that is none', { operation_id: { DataType: 'String', StringValue: '../x' } }, 'm1'],
  ['nothing', {}, 'm1'],
])('a body without an id is known by what the limiter says in %s', (_, attributes, operationId) => {
  const message = { ...held('m1', 'ada', 0, '{"creator_id":"ada","kind":"k"}'), attributes };
  expect(readIds(message)).toMatchObject({ operationId, creatorId: 'ada' });
});
