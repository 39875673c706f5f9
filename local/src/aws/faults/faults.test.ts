import { expect, test } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { Faults } from './faults.ts';
import type { FaultPlanInput } from './plan.ts';

const SEND = { service: 'sqs', action: 'SendMessage', queue: 'q' } as const;

/** Which of `count` calls the rule at `index` struck, and the first number it drew for each. */
function struck(plan: FaultPlanInput, index: number, count = 200): [call: number, drawn: number][] {
  const faults = new Faults(new ManualClock(), plan);
  const calls: [number, number][] = [];
  for (let call = 1; call <= count; call += 1) {
    const strikes = faults.strikesOn(SEND);
    const all = [strikes?.answer, strikes?.slow, ...(strikes?.mischief ?? [])];
    for (const strike of all)
      if (strike?.kind === plan.rules[index]?.kind) calls.push([call, strike?.random.next() ?? 0]);
  }
  return calls;
}

const SLOW = { kind: 'slow', ms: 5, probability: 0.3 } as const;

test('the same seed gives the same faults, another one others', () => {
  const plan = (seed: number | string) => ({ seed, rules: [SLOW] });
  const calls = struck(plan(7), 0);
  expect(calls.length).toBeGreaterThan(40);
  expect(calls.length).toBeLessThan(80);
  expect(struck(plan(7), 0)).toEqual(calls);
  expect(struck(plan(8), 0)).not.toEqual(calls);
  expect(struck(plan('seven'), 0)).not.toEqual(calls);
});

test('a rule that is added shifts nobody else', () => {
  const error = { kind: 'error', probability: 0.5 } as const;
  const alone = struck({ seed: 7, rules: [SLOW] }, 0);
  expect(struck({ seed: 7, rules: [error, SLOW] }, 1)).toEqual(alone);
  expect(struck({ seed: 7, rules: [SLOW, error] }, 0)).toEqual(alone);
});

test('how many numbers a strike draws shifts no later call', () => {
  const numbers = (draws: number) => {
    const faults = new Faults(new ManualClock(), { rules: [SLOW] });
    return Array.from({ length: 100 }, () => {
      const random = faults.strikesOn(SEND)?.slow?.random;
      for (let draw = 1; draw < draws; draw += 1) random?.next();
      return random !== undefined;
    });
  };
  expect(numbers(1)).toEqual(numbers(5));
});

test('equal rules throw dice of their own', () => {
  const faults = new Faults(new ManualClock(), { rules: [SLOW, SLOW] });
  for (let call = 0; call < 100; call += 1) faults.strikesOn(SEND)?.slow?.happened();
  const [first, second] = faults.report()?.rules ?? [];
  expect(first?.injected).toBeGreaterThan(15);
  // The second one comes to pass only where the first doesn't strike: never, if their dice were the same.
  expect(second?.injected).toBeGreaterThan(5);
});

test('listed calls, a number of times, a span of time', async () => {
  const at = (rule: object) => struck({ rules: [{ ...SLOW, probability: undefined, ...rule }] }, 0, 5);
  expect(at({ calls: [2, 4] }).map(([call]) => call)).toEqual([2, 4]);
  const clock = new ManualClock();
  const faults = new Faults(clock, {
    rules: [
      { kind: 'error', times: 2 },
      { kind: 'slow', ms: 1, afterMs: 1_000, forMs: 500 },
    ],
  });
  const strike = () => {
    const { answer, slow } = faults.strikesOn(SEND) ?? {};
    answer?.happened();
    return [answer !== undefined, slow !== undefined];
  };
  expect(strike()).toEqual([true, false]);
  await clock.advance(1_000);
  expect(strike()).toEqual([true, true]);
  await clock.advance(499);
  expect(strike()).toEqual([false, true]);
  await clock.advance(1);
  expect(strike()).toEqual([false, false]);
});

test('what didn’t come to pass uses up no times', () => {
  const faults = new Faults(new ManualClock(), { rules: [{ kind: 'error', times: 1 }] });
  for (let call = 0; call < 3; call += 1) expect(faults.strikesOn(SEND)?.answer).toBeDefined();
  expect(faults.report()?.rules[0]).toMatchObject({ seen: 3, injected: 0 });
});

test('a rule applies to its service, its action, its queue, and to what its kind concerns', () => {
  const seen = (rule: FaultPlanInput['rules'][number]) => {
    const faults = new Faults(new ManualClock(), { rules: [rule] });
    for (const service of ['sqs', 's3', 'secretsmanager'] as const)
      for (const action of ['SendMessage', 'SendMessageBatch', 'ReceiveMessage'])
        for (const queue of ['q', 'r.fifo']) faults.strikesOn({ service, action, queue });
    return faults.report()?.rules[0]?.seen;
  };
  expect(seen({ kind: 'error' })).toBe(18);
  expect(seen({ kind: 'error', service: 's3' })).toBe(6);
  expect(seen({ kind: 'error', action: 'SendMessage' })).toBe(6);
  expect(seen({ kind: 'error', queue: 'r.fifo' })).toBe(9);
  expect(seen({ kind: 'partial', entryProbability: 1 })).toBe(2);
  expect(seen({ kind: 'empty-receive' })).toBe(2);
  expect(seen({ kind: 'reorder', within: 3 })).toBe(1);
  expect(seen({ kind: 'delay-visibility', upToMs: 3 })).toBe(2);
});

test('a bad plan leaves the one before in force, and what is remembered one by one is bounded', () => {
  const faults = new Faults(new ManualClock(), { rules: [{ kind: 'error' }] });
  expect(() => faults.set({ rules: [{ kind: 'error', times: 0 }] })).toThrow('rules.0.times');
  for (let call = 0; call < 1_500; call += 1) faults.strikesOn(SEND)?.answer?.happened();
  const report = faults.report();
  expect(report?.rules[0]?.injected).toBe(1_500);
  expect(report?.happened).toHaveLength(1_000);
  expect(report?.happened.at(-1)).toMatchObject({ rule: 0, kind: 'error', queue: 'q', call: 1_500 });
  faults.clear();
  expect([faults.isOn, faults.report()]).toEqual([false, undefined]);
});
