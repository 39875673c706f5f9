import { CODE_ASKED, CODE_WAIT_MS, isAboutCode } from '@huntaze/core/one-time-code';
import { expect, test } from 'vitest';
import { HandClock, settled } from '../test-support/clock.ts';
import { FakeLog, FakeSiteState } from '../test-support/fakes.ts';
import { codeDesk } from './one-time-codes.ts';
import { Interrupted, LeaseLost, NeedsLogin } from './outcome.ts';

const CODE = '493817';

function setUp({ mostWaiting = 2 } = {}) {
  const clock = new HandClock();
  const log = new FakeLog();
  const site = new FakeSiteState();
  const codes = new Map<string, string>();
  const awaited: (number | undefined)[] = [];
  const store = {
    down: undefined as Error | undefined,
    take: async (creatorId: string, until: number | undefined) => {
      awaited.push(until);
      if (store.down) throw store.down;
      const code = codes.get(creatorId);
      codes.delete(creatorId);
      return code;
    },
  };
  const stop = new AbortController();
  const lease = new AbortController();
  const desk = codeDesk({ store, site, clock, stop: stop.signal, mostWaiting });
  /** Asks, and says what came of it as soon as something has. */
  const ask = (creatorId = 'ada', isAgain = false) => {
    const asked = { code: undefined as string | undefined, error: undefined as unknown };
    desk.code({ creatorId, signal: lease.signal, log }, isAgain).then(
      code => (asked.code = code),
      (error: unknown) => (asked.error = error),
    );
    return asked;
  };
  return { clock, log, site, codes, store, awaited, stop, lease, desk, ask };
}

test('whoever waits has it a second after it was entered, and everybody sees meanwhile why', async () => {
  const { clock, site, codes, ask, awaited } = setUp();
  const asked = ask();
  await clock.advance(60_000);
  expect(asked.code).toBeUndefined();
  expect(site.told).toEqual([['needs login', 'ada', CODE_ASKED]]);
  expect(awaited.at(-1)).toBe(1_800_000_000_000 + CODE_WAIT_MS);
  codes.set('ada', CODE);
  await clock.advance(1_000);
  expect(asked.code).toBe(CODE);
});

test('a code that was entered before is taken without a word', async () => {
  const { site, codes, ask } = setUp();
  codes.set('ada', CODE);
  const asked = ask();
  await settled();
  expect(asked.code).toBe(CODE);
  expect(site.told).toEqual([]);
});

test('none in time: a person is needed, and it is looked once more at the very end', async () => {
  const { clock, ask, awaited } = setUp();
  const asked = ask();
  await clock.advance(CODE_WAIT_MS - 1);
  expect(asked.error).toBeUndefined();
  await clock.advance(1);
  expect(asked.error).toBeInstanceOf(NeedsLogin);
  expect((asked.error as Error).message).toBe(`${CODE_ASKED}: none was entered within 180 s`);
  expect(isAboutCode((asked.error as Error).message)).toBe(true);
  // The last look says that nobody waits any more.
  expect(awaited.at(-1)).toBeUndefined();
  const looks = awaited.length;
  await clock.advance(CODE_WAIT_MS);
  expect(awaited).toHaveLength(looks);
});

test('the stop ends it at once, and the message is given back; a code that has just come is still used', async () => {
  const { clock, codes, stop, ask } = setUp();
  const [ada, bea] = [ask('ada'), ask('bea')];
  await clock.advance(5_000);
  codes.set('bea', CODE);
  stop.abort();
  await settled();
  expect(ada.error).toBeInstanceOf(Interrupted);
  expect(ada.error).toMatchObject({ message: 'the task is stopping', retryInMs: 0 });
  expect(bea.code).toBe(CODE);
});

test('a lease that is lost ends it with its own reason, and takes no code', async () => {
  const { clock, codes, lease, ask } = setUp();
  const asked = ask();
  await clock.advance(5_000);
  codes.set('ada', CODE);
  lease.abort(new LeaseLost('lease lost'));
  await settled();
  expect(asked.error).toBeInstanceOf(LeaseLost);
  expect(codes.get('ada')).toBe(CODE);
});

test('asked again, it is said that the last code was not taken', async () => {
  const { clock, site, ask } = setUp();
  ask('ada', true);
  await clock.advance(1_000);
  expect(site.told).toEqual([['needs login', 'ada', `${CODE_ASKED}: it didn't take the last one`]]);
});

test('a store that is out of reach is asked on, and logged once', async () => {
  const { clock, log, store, site, codes, ask } = setUp();
  store.down = new Error('connection lost');
  site.down = new Error('connection lost');
  const asked = ask();
  await clock.advance(30_000);
  expect(log.of('one-time codes out of reach')).toHaveLength(1);
  store.down = undefined;
  codes.set('ada', CODE);
  await clock.advance(1_000);
  expect(asked.code).toBe(CODE);
});

test('so many lanes wait, and no more: the others need a person at once; a place that gets free is free', async () => {
  const { clock, codes, ask } = setUp({ mostWaiting: 1 });
  const ada = ask('ada');
  await clock.advance(1_000);
  const bea = ask('bea');
  await settled();
  expect(bea.error).toBeInstanceOf(NeedsLogin);
  codes.set('ada', CODE);
  await clock.advance(1_000);
  expect(ada.code).toBe(CODE);
  const cleo = ask('cleo');
  await clock.advance(1_000);
  expect(cleo.error).toBeUndefined();
});

test('no line of the log has a code', async () => {
  const { clock, log, codes, ask, desk, site } = setUp();
  const asked = ask();
  await clock.advance(1_000);
  codes.set('ada', CODE);
  await clock.advance(1_000);
  expect(asked.code).toBe(CODE);
  site.down = new Error('connection lost');
  await desk.letIn({ creatorId: 'ada', log });
  expect(log.of('pause for login not ended')).toHaveLength(1);
  expect(JSON.stringify(log.lines)).not.toContain(CODE);
});
