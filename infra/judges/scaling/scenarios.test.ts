import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { templateOf } from '../synthesized.ts';
import { rulesOf, type Rules } from './rules.ts';
import { SCENARIOS } from './scenarios.ts';
import { MINUTE_S, simulate, type Instant, type Played, type Scenario } from './simulate.ts';

type Name = keyof typeof SCENARIOS;
const NAMES = Object.keys(SCENARIOS) as Name[];
/** Requirement 3.2: of both services together. */
const MOST_TASKS = 10;
/** A point is readable so long after its minute (min): as in `simulate`. */
const LAG = 1;

let rules: Rules;
const played = {} as Record<Name, Played>;
beforeAll(async () => {
  rules = rulesOf(templateOf());
  for (const name of NAMES) played[name] = await simulate(rules, SCENARIOS[name]);
});

const present = ({ running, pending, standIn }: Instant) => running + pending + standIn;
const at = ({ instants }: Played, minute: number) => instants.find(({ atS }) => atS === minute * MINUTE_S)!;
const minutesOf = ({ changes }: Played) => changes.map(({ atS }) => atS / MINUTE_S);
const last = ({ instants }: Played) => instants.at(-1)!;
/** When nothing was left (min). */
const emptyAt = ({ instants }: Played) =>
  instants.findLast(({ visible, inFlight }) => visible + inFlight > 0)!.atS / MINUTE_S;
/** The least minutes between two takings-away: the alarm calls once a minute, and a cooldown begins after the change. */
const pause = ({ stepping }: Rules) => Math.floor(stepping.cooldownS / MINUTE_S) + 1;

describe.each(NAMES)('%s', name => {
  test('at no instant more tasks than are allowed, nor fewer wanted than one', () => {
    expect(Math.max(...played[name].instants.map(present))).toBeLessThanOrEqual(MOST_TASKS);
    expect(Math.min(...played[name].instants.map(({ desired }) => desired))).toBeGreaterThanOrEqual(1);
  });

  test('no task that works is stopped to save one', () => {
    expect(played[name].cutOff).toBe(0);
  });
});

describe('out (3.2)', () => {
  test('the first of the additional tasks works five minutes after the messages have come', () => {
    const { changes, instants } = played.backlog;
    const { periods } = rules.tracking.alarm;
    expect(changes[0]).toMatchObject({ atS: (5 + periods + LAG) * MINUTE_S, from: 1, to: 4 });
    expect(instants.find(({ running }) => running > 1)!.atS / MINUTE_S).toBeLessThanOrEqual(10);
  });

  test.each([
    [0, 3],
    [60, 4],
    [120, 5],
  ])('points that are %i s late: %i minutes until more are wanted', async (lagS, minutes) => {
    const late = await simulate(rules, { ...SCENARIOS.backlog, lagS });
    expect(late.changes[0]!.atS / MINUTE_S - 5).toBe(minutes);
  });

  test('a flood calls all of them in one step', () => {
    expect(played.flood.changes[0]).toMatchObject({ from: 1, to: MOST_TASKS });
    expect(at(played.flood, 11).running).toBe(MOST_TASKS);
  });

  test('while tasks start no more are called for the same messages', () => {
    const additions = played.slowStart.changes.filter(({ to, from }) => to > from).slice(1);
    const before = additions.map(({ atS }) => played.slowStart.instants.find(one => one.atS === atS - 10)!);
    expect(before.map(({ pending }) => pending)).toEqual(additions.map(() => 0));
  });

  test('what a paused creator has lying there calls all tasks, one step after another, and no more', () => {
    const { changes } = played.pausedCreator;
    expect(changes.map(({ to }) => to)).toEqual([2, 3, 5, 8, MOST_TASKS]);
    expect(last(played.pausedCreator)).toMatchObject({ running: MOST_TASKS, done: 0, visible: 150 });
  });

  test('where the site is the bound, more tasks don’t end it sooner', async () => {
    const bounded = { ...rules, bounds: { min: 1, max: 1 }, standIn: { ...rules.standIn, maxTasks: 1 } };
    const one = await simulate(bounded, SCENARIOS.limitedSite);
    expect(Math.max(...one.instants.map(present))).toBe(1);
    expect(Math.max(...played.limitedSite.instants.map(present))).toBeGreaterThan(1);
    expect(last(one).done).toBe(300);
    expect(emptyAt(played.limitedSite)).toBeGreaterThan(emptyAt(one) - 1);
  });
});

describe('in (3.3)', () => {
  test('four quiet minutes are not enough', () => {
    expect(played.fourQuietMinutes.changes).toEqual([]);
  });

  test('after five, one goes after the other until one is left', () => {
    const { changes } = played.quiet;
    const from = 10 + rules.stepping.alarm.periods + LAG;
    expect(changes.map(({ to }) => to)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(minutesOf(played.quiet)).toEqual(changes.map((_, index) => from + index * pause(rules)));
    expect(last(played.quiet)).toMatchObject({ desired: 1, running: 1 });
  });

  test('nothing is known for ten minutes: the five begin when something is', () => {
    expect(minutesOf(played.noMetric)[0]).toBe(20 + rules.stepping.alarm.periods + LAG);
    expect(last(played.noMetric).running).toBe(1);
  });

  test.each<[what: string, hasNoMetric: Scenario['hasNoMetric'], wanted: number[]]>([
    ['nothing is known while much is waiting: nobody comes, and nobody goes', () => true, []],
    // CloudWatch takes what has breached for true as long as it hears nothing else: docs as in `alarm.ts`.
    ['nothing more is known than that much is waiting: they come', minute => minute > 0, [MOST_TASKS]],
  ])('%s', async (_, hasNoMetric, wanted) => {
    const blind = await simulate(rules, { title: '', minutes: 25, tasks: 4, told: () => 300, hasNoMetric });
    expect(blind.changes.map(({ to }) => to)).toEqual(wanted);
  });

  test('who works stays, however few are wanted, and goes when it is through', () => {
    const { instants } = played.protectedWork;
    const [before, after] = [at(played.protectedWork, 25), at(played.protectedWork, 31)];
    const wanted = minutesOf(played.protectedWork);
    expect(wanted).toEqual([6, ...wanted.slice(1)]);
    expect(before.running).toBeGreaterThan(before.desired);
    expect(after.running).toBeLessThan(before.running);
    expect(instants.at(-1)).toMatchObject({ running: 1, done: 48, inFlight: 0 });
  });

  test('without the permission to protect itself a task that works would be stopped', async () => {
    const bare = await simulate({ ...rules, mayProtect: false }, SCENARIOS.protectedWork);
    expect(bare.cutOff).toBeGreaterThan(0);
  });
});

describe('to and fro', () => {
  test('round a threshold nothing changes', () => {
    expect(played.flapping.changes).toEqual([]);
  });

  /** How often the direction changes. */
  const turns = ({ changes }: Played) =>
    changes.filter(({ from, to }, index) => {
      const before = changes[index - 1];
      return before !== undefined && Math.sign(before.to - before.from) !== Math.sign(to - from);
    }).length;

  test('a steady load between two sizes: there and back takes half an hour or more', () => {
    const { minutes } = SCENARIOS.between;
    expect(turns(played.between)).toBeLessThanOrEqual((2 * minutes) / 30);
    expect(Math.max(...played.between.instants.map(({ visible }) => visible))).toBeLessThan(250);
    expect(Math.max(...played.between.instants.map(present))).toBeLessThanOrEqual(2 * 3);
  });

  test('the same where ECS refuses to protect more tasks than are wanted, and nothing is lost', async () => {
    const scenario: Scenario = { ...SCENARIOS.between, refusesProtection: true };
    const refused = await simulate(rules, scenario);
    const { done, visible, inFlight } = last(refused);
    expect(done + visible + inFlight).toBe(scenario.minutes * 30);
    expect(turns(refused)).toBeLessThanOrEqual((2 * scenario.minutes) / 30);
  });

  test('whatever the depth does, each change has the minutes behind it that it needs', async () => {
    const depths = fc.array(
      fc.oneof(
        fc.record({ depth: fc.nat(300), minutes: fc.integer({ min: 1, max: 9 }) }),
        fc.record({ depth: fc.constantFrom(19, 20, 100, 101), minutes: fc.integer({ min: 1, max: 9 }) }),
      ),
      { minLength: 1, maxLength: 15 },
    );
    await fc.assert(
      fc.asyncProperty(depths, fc.integer({ min: 1, max: MOST_TASKS }), async (spans, tasks) => {
        const depth = spans.flatMap(span => Array<number>(span.minutes).fill(span.depth));
        const { changes } = await simulate(rules, {
          title: '',
          minutes: depth.length,
          tasks,
          told: minute => depth[minute]!,
        });
        for (const { atS, from, to } of changes) {
          const known = atS / MINUTE_S - LAG;
          if (to > from) expect(Math.min(...depth.slice(known - 3, known))).toBeGreaterThan(100);
          else {
            expect(from - to).toBe(1);
            expect(Math.max(...depth.slice(known - 5, known))).toBeLessThan(20);
          }
          expect(to).toBeGreaterThanOrEqual(1);
          expect(to).toBeLessThanOrEqual(MOST_TASKS);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('Spot goes, and comes back (6.1)', () => {
  test('On-Demand tasks stand in within two minutes, as many as there were, and their work isn’t lost', () => {
    expect(at(played.spotGone, 21).running).toBe(MOST_TASKS);
    expect(at(played.spotGone, 24)).toMatchObject({ running: 1, standIn: MOST_TASKS - 1 });
    expect(last(played.spotGone)).toMatchObject({ done: 110 * 80, visible: 0, inFlight: 0 });
  });

  test('when Spot is back the stand-in goes, step by step', () => {
    const standIn = [62, 90, 120, 150, 179].map(minute => at(played.spotGone, minute).standIn);
    expect(standIn).toEqual(standIn.toSorted((a, b) => b - a));
    expect(standIn.at(-1)).toBeLessThanOrEqual(1);
  });
});
