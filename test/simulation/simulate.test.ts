import { broken, figuresOf } from '@huntaze/local/simulation/figures';
import type { Scenario } from '@huntaze/local/simulation/scenario';
import { simulate } from '@huntaze/local/simulation/simulate';
import { describe, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';

const redis = useRedis();

const scenario: Scenario = {
  seed: 1,
  operations: 120,
  creators: 6,
  overMs: 240_000,
  busiest: 0.5,
  limit: { scope: 'platform', limit: 10, windowMs: 60_000 },
  tasks: 1,
  concurrency: 4,
  pollers: 2,
  secondsPerPage: 1,
  siteFailures: 0,
  limiterDeaths: 0,
};

async function run(changes: Partial<Scenario> = {}) {
  await redis.client.flushall();
  const whole = { ...scenario, ...changes };
  const simulated = await simulate(whole, redis.client);
  return { simulated, figures: figuresOf(whole, simulated, 0) };
}

/** Everything that goes wrong at queues, all at once. */
const MISHAPS: NonNullable<Scenario['faults']> = {
  seed: 'mishaps',
  rules: [
    { kind: 'lose-answer', probability: 0.05 },
    { kind: 'timeout', probability: 0.02, takesEffect: true },
    { kind: 'timeout', probability: 0.02 },
    { kind: 'error', probability: 0.05 },
    { kind: 'throttle', probability: 0.03 },
    { kind: 'partial', probability: 0.05, entryProbability: 0.5 },
    { kind: 'partial', probability: 0.05, entryProbability: 0.5, takesEffect: true },
    { kind: 'duplicate', probability: 0.1 },
    { kind: 'duplicate', of: 'deleted', probability: 0.1 },
    { kind: 'reorder', probability: 0.3, within: 20 },
    { kind: 'delay-visibility', probability: 0.1, upToMs: 20_000 },
    { kind: 'slow', probability: 0.05, ms: 1_500 },
  ],
};

describe('the whole pipeline on a virtual clock', () => {
  test('lets everything through, exactly at the limit, in order, and leaves nothing behind', async () => {
    const { simulated, figures } = await run();
    expect(figures).toMatchObject({
      requested: 120,
      succeeded: 120,
      lost: 0,
      duplicated: 0,
      order_inversions: 0,
      worst_window: 10,
      worst_window_forwarded: 10,
      stalled: null,
    });
    expect(Object.values(figures.left_in_queues)).toEqual([0, 0, 0, 0]);
    // 120 at 10 a minute take at least 11 minutes.
    expect(figures.simulated_s).toBeGreaterThan(11 * 60);
    // Into the workflows queue as fast as may be; at the site each window is longer by a page's time.
    expect(figures.goodput_forwarded).toBeGreaterThan(0.99);
    expect(figures.goodput).toBeGreaterThan(0.95);
    expect(figures.receives_by_wait[0]).toMatchObject({ under_minutes: 15, messages: 120 });
    expect(figures.receives_by_wait[0]!.mean).toBeLessThan(4);
    expect(figures).toMatchObject({ forwarded_again: 0, sent_again: 0, waited_unfairly: 0 });
    expect(broken(figures)).toEqual([]);
    // Of a busy creator the others hardly notice anything.
    expect(figures.waits_s.other_creators!.p95).toBeLessThan(figures.waits_s.busiest_creator.p50);
    expect(figures.waits_in_line_s.other_creators!.p95).toBeLessThan(240);
    expect(Math.max(...simulated.waiting.counts)).toBe(figures.most_waiting);
    expect(figures.most_waiting).toBeGreaterThan(30);
  });

  test('sees what is out of order: the same run, with the acceptance read backwards', async () => {
    const { simulated } = await run({ operations: 60 });
    const backwards = { ...simulated, passages: simulated.passages.toReversed() };
    // Every operation but the first of each of the six creators then came before the one before it.
    expect(figuresOf(scenario, backwards, 0)).toMatchObject({
      order_inversions: 54,
      order_inversions_forwarded: 54,
    });
    expect(figuresOf(scenario, simulated, 0).order_inversions).toBe(0);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'an accepted operation is awaited, also when its message died with an invocation (seed %i)',
    async seed => {
      expect(broken((await run({ seed, limiterDeaths: 0.1 })).figures)).toEqual([]);
    },
  );

  test('a run that nobody asked anything of has kept nothing', async () => {
    const refusing = { seed: 1, rules: [{ kind: 'error' as const, action: 'SendMessage' }] };
    const { figures } = await run({ operations: 5, faults: refusing });
    expect(figures).toMatchObject({ requested: 0, refused: 5 });
    expect(broken(figures)).toEqual(['nothing was accepted']);
  });

  test('is decided by its seed alone', async () => {
    const mishaps = {
      operations: 60,
      faults: MISHAPS,
      limiterDeaths: 0.05,
      siteFailures: 0.05,
      redisFailures: 7,
      taskDeaths: 2,
      operatorActions: 5,
    };
    const first = await run(mishaps);
    const again = await run(mishaps);
    expect(again.simulated).toEqual(first.simulated);
    const other = await run({ ...mishaps, seed: 2 });
    expect(other.simulated.siteLog).not.toEqual(first.simulated.siteLog);
  });

  test.each([1, 2, 3, 4])(
    'keeps every promise whatever goes wrong at the queues, and while the limiter is killed (seed %i)',
    async seed => {
      const { figures } = await run({ seed, faults: MISHAPS, limiterDeaths: 0.1, siteFailures: 0.02 });
      expect(figures.faults_injected.filter(count => count === 0)).toEqual([]);
      expect(figures.invocations_killed).toBeGreaterThan(0);
      expect(figures).toMatchObject({
        succeeded: figures.requested,
        lost: 0,
        duplicated: 0,
        order_inversions: 0,
        stalled: null,
      });
      expect(figures.requested + figures.refused).toBe(120);
      expect(figures.worst_window).toBeLessThanOrEqual(10);
      expect(broken(figures)).toEqual([]);
    },
  );

  test.each(['edge', 'silence'] as const)(
    'what exposes a window that isn’t exact (%s) finds it exact, at the workflows queue and at the site',
    async pattern => {
      const { figures } = await run({ operations: 60, pattern, busiest: 0 });
      expect(broken(figures)).toEqual([]);
      expect(figures).toMatchObject({ succeeded: 60, worst_window: 10, worst_window_forwarded: 10 });
    },
  );

  test('keeps every promise whatever happens to Redis', async () => {
    const happened = new Set<string>();
    for (let seed = 1; seed <= 6; seed += 1) {
      const { figures } = await run({ seed, redisFailures: 4, taskDeaths: 1, secondsPerPage: 4 });
      expect(broken(figures)).toEqual([]);
      expect(figures.requested + figures.refused).toBe(120);
      for (const name of Object.keys(figures.redis_failures)) happened.add(name);
    }
    expect([...happened].sort()).toEqual([
      'answers lost',
      'failed over',
      'nearly full',
      'out of memory',
      'restarted empty',
      'slow',
      'unreachable',
    ]);
  });

  test('keeps every promise while half of the sends fail and Redis forgets', async () => {
    for (let seed = 1; seed <= 3; seed += 1) {
      const { figures } = await run({ seed, operations: 60, faults: SENDS_FAIL, redisFailures: 6 });
      expect(broken(figures)).toEqual([]);
    }
  });

  test('what isn’t worth doing any more ends as expired, wherever it stands', async () => {
    const { figures } = await run({ expiring: 0.5 });
    expect(broken(figures)).toEqual([]);
    expect(figures.expired).toBeGreaterThan(5);
    expect(figures.succeeded + figures.expired).toBe(120);
  });

  test('a backlog in the workflows queue, and scrapers that die with it in their hands', async () => {
    const changes = {
      tasks: 2,
      tasksAfterMs: 600_000,
      taskDeaths: 6,
      siteFailures: 0.05,
      limiterDeaths: 0.2,
    };
    const { figures } = await run(changes);
    expect(figures.tasks_killed).toBeGreaterThan(0);
    expect(figures).toMatchObject({ succeeded: 120, worst_window_forwarded: 10 });
    expect(broken(figures)).toEqual([]);
  });

  test('while operators pause, drain, cancel, halve the limit and close the site', async () => {
    const did = new Set<string>();
    for (let seed = 1; seed <= 3; seed += 1) {
      const { figures } = await run({ seed, operatorActions: 12 });
      expect(broken(figures)).toEqual([]);
      expect(figures.succeeded + figures.cancelled).toBe(figures.requested);
      for (const name of Object.keys(figures.operator_actions)) did.add(name);
    }
    expect(did.size).toBe(6);
  });

  test('with a limit for each creator, each has its own', async () => {
    const limit = { scope: 'creator', limit: 10, windowMs: 60_000 } as const;
    const { simulated, figures } = await run({ limit, busiest: 0, overMs: 0, tasks: 2 });
    expect(figures).toMatchObject({ succeeded: 120, worst_window: 10, worst_window_forwarded: 10 });
    expect(broken(figures)).toEqual([]);
    // Six creators, 20 each: two windows, not twelve.
    expect(figures.simulated_s).toBeLessThan(120);
    const ofEach = Object.values(Object.groupBy(simulated.siteLog, line => line.account ?? ''));
    expect(ofEach).toHaveLength(6);
  });

  test('a site that never works ends everything as dead, and the dead letters are in their queue', async () => {
    const { figures } = await run({ operations: 10, siteFailures: 1 });
    expect(figures).toMatchObject({ requested: 10, dead: 10, lost: 0, stalled: null });
    expect(broken(figures)).toEqual([]);
    expect(figures.left_in_queues['huntaze-hybrid-workflows-dlq.fifo']).toBe(10);
  });

  test('a queue that takes nothing away is noticed: nothing is called kept that isn’t', async () => {
    const nothingComes = { seed: 1, rules: [{ kind: 'empty-receive' as const, queue: 'none' }, stuck] };
    const { simulated, figures } = await run({ operations: 10, faults: nothingComes });
    expect(simulated.stalled).toMatch(/has not come/);
    expect(figures).toMatchObject({ requested: 10, succeeded: 0, lost: 10 });
    expect(broken(figures)).toContain('10 lost');
  });
});

const SENDS_FAIL: NonNullable<Scenario['faults']> = {
  seed: 'sends',
  rules: [
    { kind: 'error', action: 'SendMessageBatch', queue: 'huntaze-hybrid-workflows.fifo', probability: 0.5 },
    { kind: 'partial', action: 'SendMessageBatch', probability: 0.3, entryProbability: 0.5 },
  ],
};

/** The limiter's queue gives nothing out. */
const stuck = {
  kind: 'error' as const,
  action: 'ReceiveMessage',
  queue: 'huntaze-rate-limiter-queue',
};
