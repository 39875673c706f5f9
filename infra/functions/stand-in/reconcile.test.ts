import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Trigger } from './event.ts';
import { REST_MS } from './plan.ts';
import { reconcile } from './reconcile.ts';
import { TestEcs } from './test-ecs.ts';

const MAX_TASKS = 10;
const TICK_MS = 5 * 60_000;

const invoke = (ecs: TestEcs, trigger: Trigger) => reconcile(ecs, trigger, MAX_TASKS, ecs.now);

/** Lets time pass with a tick every five minutes, and each event at once. */
async function pass(ecs: TestEcs, ms: number): Promise<void> {
  const until = ecs.now + ms;
  let tickAt = ecs.now;
  let heard = ecs.events.length;
  while (ecs.now < until) {
    ecs.turn();
    for (; heard < ecs.events.length; heard += 1) await invoke(ecs, ecs.events[heard]!);
    if (ecs.now < tickAt) continue;
    await invoke(ecs, { is: 'tick' });
    tickAt += TICK_MS;
  }
}

test('what Spot takes back, the stand-in has; what it gives again, the main service has', async () => {
  const ecs = new TestEcs(MAX_TASKS);
  ecs.load = 8;
  await pass(ecs, TICK_MS);
  expect(ecs.main).toMatchObject({ running: 8 });
  expect(ecs.steps).toEqual([]);

  ecs.spot = 2;
  ecs.interrupt();
  await pass(ecs, TICK_MS);
  expect(ecs).toMatchObject({ main: { running: 3 }, standIn: { running: 5 }, max: 5 });

  ecs.spot = 100;
  await pass(ecs, 4 * (REST_MS + 2 * TICK_MS));
  expect(ecs).toMatchObject({ main: { running: 8 }, standIn: { desired: 0, running: 0 }, max: MAX_TASKS });
});

test('while Spot stays away all the load is carried, but for short tries', async () => {
  const ecs = new TestEcs(MAX_TASKS);
  ecs.load = 10;
  ecs.spot = 0;
  await pass(ecs, TICK_MS);
  const MINUTES = 240;
  let carried = 0;
  for (let minute = 0; minute < MINUTES; minute += 1) {
    await pass(ecs, 60_000);
    carried += ecs.main.running + ecs.standIn.running;
  }
  expect(carried / MINUTES).toBeGreaterThan(0.98 * MAX_TASKS);
});

test('a raise that is broken off after any of its calls goes on with the next failure', async () => {
  for (let calls = 0; calls < 8; calls += 1) {
    const ecs = new TestEcs(MAX_TASKS);
    ecs.load = 8;
    ecs.spot = 2;
    ecs.turn();
    ecs.turn();
    ecs.dies = calls;
    await invoke(ecs, ecs.events.at(-1)!).catch(() => undefined);
    ecs.dies = undefined;
    await pass(ecs, 2 * TICK_MS);
    expect(ecs).toMatchObject({ main: { running: 3 }, standIn: { running: 5 }, max: 5 });
  }
});

/** What can happen, in any order. */
const happening = fc.oneof(
  fc.record({ what: fc.constant('load' as const), count: fc.nat(14), isGreedy: fc.boolean() }),
  fc.record({ what: fc.constant('spot' as const), count: fc.nat(10) }),
  fc.record({ what: fc.constant('protect' as const), count: fc.nat(10) }),
  fc.record({ what: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 60 }) }),
  fc.record({
    what: fc.constant('invoke' as const),
    /** Which event, counted from the newest; beyond the oldest: a tick. */
    event: fc.nat(12),
    /** After so many calls it dies; more than it makes: it doesn't. */
    dies: fc.nat(12),
    /** ECS goes on between its calls, and Spot has so much room then; undefined: nothing happens between them. */
    spotMeanwhile: fc.option(fc.nat(10), { nil: undefined }),
  }),
);

test('never more than the maximum, whatever comes, goes and breaks; in the end all is on the main service', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 60, size: 'max' }), async happenings => {
      const ecs = new TestEcs(MAX_TASKS);
      for (const happened of happenings) {
        switch (happened.what) {
          case 'load':
            ecs.load = happened.count;
            ecs.isGreedy = happened.isGreedy;
            break;
          case 'spot':
            ecs.spot = happened.count;
            ecs.interrupt();
            break;
          case 'protect':
            ecs.protectedTasks = happened.count;
            break;
          case 'turns':
            for (let turn = 0; turn < happened.count; turn += 1) ecs.turn();
            break;
          case 'invoke':
            ecs.dies = happened.dies;
            if (happened.spotMeanwhile !== undefined) {
              ecs.spot = happened.spotMeanwhile;
              ecs.meanwhile = () => ecs.turn();
            }
            await invoke(ecs, ecs.events.at(-1 - happened.event) ?? { is: 'tick' }).catch(() => undefined);
            ecs.dies = undefined;
            ecs.meanwhile = () => undefined;
        }
        expect(ecs.most).toBeLessThanOrEqual(MAX_TASKS);
      }
      ecs.spot = 100;
      ecs.protectedTasks = 0;
      ecs.load = 8;
      await pass(ecs, 6 * (REST_MS + 2 * TICK_MS));
      expect(ecs.most).toBeLessThanOrEqual(MAX_TASKS);
      expect(ecs).toMatchObject({
        main: { running: 8 },
        standIn: { desired: 0, running: 0 },
        max: MAX_TASKS,
      });
      const before = ecs.steps.length;
      await invoke(ecs, ecs.events.at(-1) ?? { is: 'tick' });
      expect(ecs.steps).toHaveLength(before);
    }),
    { numRuns: 1_000 },
  );
});
