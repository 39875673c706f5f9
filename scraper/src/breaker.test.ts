import { expect, test } from 'vitest';
import { HandClock } from '../test-support/clock.ts';
import { FakeLog, FakeSiteState, noMetrics } from '../test-support/fakes.ts';
import { siteBreaker } from './breaker.ts';
import { gate } from './gate.ts';
import type { Operation } from './operation.ts';

/** A task's breaker, and operations that end in one way or another. */
function setUp() {
  const clock = new HandClock();
  const site = new FakeSiteState();
  const log = new FakeLog();
  const opening = gate();
  const states: boolean[] = [];
  const breaker = siteBreaker(site, opening, { ...noMetrics, breaker: isOpen => void states.push(isOpen) });
  const of = (creatorId: string, probe?: string) => ({ creatorId, probe, log }) as unknown as Operation;
  const fail = (creatorId = 'ada', probe?: string) => breaker.failed(of(creatorId, probe), 'down');
  const failTimes = async (times: number) => {
    for (let i = 0; i < times; i += 1) await fail();
  };
  return { clock, site, log, gate: opening, states, breaker, of, fail, failTimes };
}

test('four failures in a row, or half of ten, leave it closed', async () => {
  const { site, breaker, of, fail, failTimes } = setUp();
  await failTimes(4);
  for (let i = 0; i < 5; i += 1) await breaker.answered(of('bea'));
  expect(await fail()).toBe(false);
  expect(site.told).toEqual([]);
});

test('the fifth of five opens it for everybody: told in whose name, and until when this task receives nothing', async () => {
  const { clock, site, gate: opening, states, fail, failTimes } = setUp();
  await failTimes(4);
  site.untilMs = clock.now() + 30_000;
  expect(await fail('bea')).toBe(true);
  expect(site.told).toEqual([['breaker opened', 'bea', 'down']]);
  expect(opening.waitMs(clock.now())).toBe(30_000);
  expect(states).toEqual([true]);
});

test('more than half of the last ten open it, whoever succeeds in between', async () => {
  const { site, breaker, of, fail } = setUp();
  for (let i = 0; i < 4; i += 1) await breaker.answered(of('bea'));
  for (let i = 0; i < 5; i += 1) expect(await fail()).toBe(i === 4);
  expect(site.told).toHaveLength(1);
});

test('once open it judges afresh', async () => {
  const { site, fail, failTimes } = setUp();
  await failTimes(5);
  await failTimes(4);
  expect(site.told).toHaveLength(1);
  expect(await fail()).toBe(true);
});

test('a probe that fails opens it again at once', async () => {
  const { site, fail } = setUp();
  expect(await fail('bea', 'op-1:x')).toBe(true);
  expect(site.told).toEqual([['breaker opened', 'bea', 'down']]);
});

test('a probe that is answered closes it; one of which nothing is known leaves it to the next', async () => {
  const { site, states, breaker, of } = setUp();
  const probe = of('bea', 'op-1:x');
  await breaker.undecided(probe);
  await breaker.answered(probe);
  await breaker.answered(of('bea', 'op-2:y'));
  expect(site.told).toEqual([
    ['probe ended', 'op-1:x', false],
    ['probe ended', 'op-2:y', true],
  ]);
  expect(states).toEqual([false]);
});

test('without Redis it neither opens nor closes, and nothing breaks off', async () => {
  const { site, log, breaker, of, fail, failTimes } = setUp();
  site.down = new Error('no Redis');
  await failTimes(4);
  expect(await fail()).toBe(false);
  await breaker.answered(of('bea', 'op-1:x'));
  expect(log.lines.map(({ message }) => message)).toEqual(['breaker not opened', 'probe not ended']);
});
