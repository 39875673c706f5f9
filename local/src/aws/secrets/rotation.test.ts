import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import type { RotationEvent } from './rotation-steps.ts';
import { Rotator, type RotationNews } from './rotation.ts';
import { SecretStore } from './secret-store.ts';
import { PENDING, versionWith, withLabel, withVersion, type Secret } from './secret.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:rotate';
const MINUTE = 60_000;
const DAY = 86_400_000;
const TOKEN = 'token-of-the-first-rotation-0001';

let clock: ManualClock;
let functionClock: ManualClock;
let store: SecretStore;
let rotator: Rotator;
let news: RotationNews[];
let events: RotationEvent[];
/** What the function does at each step; a test replaces it. */
let onStep: (event: RotationEvent) => Promise<void>;
const saved = new Map<string, Secret>();

beforeEach(() => {
  clock = new ManualClock();
  functionClock = new ManualClock();
  saved.clear();
  begin();
  store.create('s', { value: { text: 'hidden' }, versionId: 'v1' }, clock.now());
});
afterEach(() => rotator.close());

/** A process, with what the one before it has saved. */
function begin(): void {
  events = [];
  news = [];
  onStep = doStep;
  store = new SecretStore({
    region: 'us-east-1',
    accountId: '000000000000',
    archive: {
      load: () => saved.values(),
      save: secret => void saved.set(secret.name, secret),
      remove: name => void saved.delete(name),
    },
  });
  rotator = new Rotator({
    store,
    clock,
    functionClock,
    functions: {
      [ARN]: async event => {
        events.push(event);
        await onStep(event);
      },
    },
    tell: told => void news.push(told),
    onInternalError: error => {
      throw error;
    },
  });
  rotator.start();
}

async function doStep({ Step, ClientRequestToken: id }: RotationEvent): Promise<void> {
  if (Step === 'createSecret' && secret().versions.get(id)?.value === undefined)
    store.keep(
      withVersion(secret(), { id, value: { text: `made by ${id}` }, stages: [PENDING] }, clock.now()),
    );
  if (Step === 'finishSecret') store.keep(withLabel(secret(), 'AWSCURRENT', id));
}

const secret = (): Secret => store.find('s', clock.now());
const current = () => versionWith(secret(), 'AWSCURRENT')?.value?.text;
const rotate = (more: Partial<Parameters<Rotator['rotate']>[1]> = {}) =>
  rotator.rotate(
    secret(),
    { token: TOKEN, lambdaArn: ARN, rules: { AutomaticallyAfterDays: 10 }, isImmediate: true, ...more },
    clock.now(),
  );
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
};
/** Lets time pass a minute at a time, so that whatever wakes can finish before the next wakes. */
const pass = async (minutes: number) => {
  for (let minute = 0; minute < minutes; minute += 1) {
    await clock.advance(MINUTE);
    await settle();
  }
};
const told = () => news.map(({ event }) => event);
const failing = (step: string, times: number) => {
  let left = times;
  onStep = async event => {
    if (event.Step === step && left > 0) {
      left -= 1;
      throw new RangeError('hidden'); // as careless as a function can be
    }
    await doStep(event);
  };
};

test('the function is invoked with the four steps in order, for one version', async () => {
  rotate();
  expect(secret().versions.get(TOKEN)).toMatchObject({ value: undefined, stages: new Set([PENDING]) });
  await settle();
  expect(events.map(({ Step }) => Step)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret']);
  for (const event of events)
    expect(event).toMatchObject({
      SecretId: secret().arn,
      ClientRequestToken: TOKEN,
      RotationToken: events[0]?.RotationToken,
    });
  expect(current()).toBe(`made by ${TOKEN}`);
  expect(versionWith(secret(), 'AWSPREVIOUS')?.value?.text).toBe('hidden');
  expect(told()).toEqual(['RotationStarted', 'RotationSucceeded']);
  expect(secret().rotation?.lastRotatedAt).toBe(clock.now());
});

test('a step that fails has the whole repeated with the same token, after one minute, two, four, eight, and every hour', async () => {
  failing('testSecret', 2);
  rotate();
  await settle();
  expect(told()).toEqual(['RotationStarted', 'RotationFailed']);
  await pass(1);
  expect(events).toHaveLength(6);
  await pass(1);
  expect(events).toHaveLength(6);
  await pass(1);
  expect(events).toHaveLength(10);
  expect(new Set(events.map(event => event.ClientRequestToken))).toEqual(new Set([TOKEN]));
  expect(told().at(-1)).toBe('RotationSucceeded');
  expect(current()).toBe(`made by ${TOKEN}`);
});

test('whoever asks again while the next attempt is awaited has it made at once', async () => {
  failing('testSecret', 2);
  rotate();
  await settle();
  for (const attempts of [2, 3]) {
    expect(() => rotate({ token: 'token-of-the-second-rotation-002' })).toThrow('will be reattempted');
    await settle();
    expect(told().filter(event => event === 'RotationStarted')).toHaveLength(attempts);
  }
  expect(current()).toBe(`made by ${TOKEN}`);
  await pass(60);
  expect(told().filter(event => event === 'RotationStarted')).toHaveLength(3);
});

test('what is told of a failure never quotes the function', async () => {
  failing('testSecret', 1);
  rotate();
  await settle();
  expect(news.at(-1)).toEqual({
    event: 'RotationFailed',
    secret: secret().arn,
    versionId: TOKEN,
    step: 'testSecret',
    error: 'RangeError',
  });
  expect(JSON.stringify(news)).not.toContain('hidden');
});

test('after a day it is given up; AWSPENDING dangles, and asking again takes it up', async () => {
  failing('setSecret', 29);
  rotate();
  await pass(30 + 24 * 60);
  expect(told().filter(event => event === 'RotationFailed')).toHaveLength(29);
  expect(current()).toBe('hidden');
  expect(versionWith(secret(), PENDING)?.id).toBe(TOKEN);
  await pass(120);
  expect(told().filter(event => event === 'RotationStarted')).toHaveLength(29);
  const other = { token: 'token-of-the-second-rotation-002' };
  expect(() => rotate(other)).toThrow(
    "A previous rotation isn't complete. That rotation will be reattempted.",
  );
  await settle();
  expect(current()).toBe(`made by ${TOKEN}`);
  rotate(other);
  await settle();
  expect(current()).toBe(`made by ${other.token}`);
});

test('a rotation that was given up is begun again in the next window, its date staying in the past', async () => {
  failing('setSecret', 29);
  rotate();
  await pass(30 + 24 * 60);
  const missed = secret().rotation?.window?.closesAt;
  await clock.advance(11 * DAY);
  await settle();
  expect(current()).toBe(`made by ${TOKEN}`);
  expect(secret().rotation?.window?.closesAt).toBeGreaterThan(missed ?? Infinity);
});

test('a function that only says it has finished has failed', async () => {
  onStep = async event => {
    if (event.Step !== 'finishSecret') await doStep(event);
  };
  rotate();
  await settle();
  expect(news.at(-1)).toMatchObject({ event: 'RotationFailed', step: 'finishSecret' });
});

test('a step that never ends is over after 15 minutes', async () => {
  onStep = () => new Promise(() => {});
  rotate();
  await settle();
  await functionClock.advance(14 * MINUTE);
  await settle();
  expect(told()).toEqual(['RotationStarted']);
  await functionClock.advance(MINUTE);
  await settle();
  expect(news.at(-1)).toMatchObject({ event: 'RotationFailed', error: 'TimeoutError' });
});

test('a value that somebody else puts ends a rotation under way, and counts as one', async () => {
  onStep = () => new Promise(() => {});
  rotate();
  await settle();
  await clock.advance(3 * DAY);
  const put = { id: 'theirs', value: { text: 'theirs' }, stages: ['AWSCURRENT'] };
  rotator.afterNewVersion(store.keep(withVersion(secret(), put, clock.now())), 'theirs', clock.now());
  expect(told()).toEqual(['RotationStarted', 'RotationAbandoned']);
  expect(versionWith(secret(), PENDING)).toBeUndefined();
  expect(secret().rotation?.window?.opensAt).toBe(clock.now() + 10 * DAY);
});

test('cancelled, it begins no further step, and leaves its label', async () => {
  let release = () => {};
  onStep = () => new Promise(resolve => (release = resolve));
  rotate();
  await settle();
  rotator.cancel(secret(), clock.now());
  release();
  await settle();
  expect(events).toHaveLength(1);
  expect(versionWith(secret(), PENDING)?.id).toBe(TOKEN);
  await clock.advance(40 * DAY);
  await settle();
  expect(events).toHaveLength(1);
});

test('the same token again is the same rotation', async () => {
  rotate();
  rotate();
  await settle();
  rotate();
  await settle();
  expect(events).toHaveLength(4);
});

test('a test of the function leaves no version behind, whatever comes of it', async () => {
  failing('testSecret', 1);
  rotate({ isImmediate: false });
  expect(versionWith(secret(), PENDING)?.id).toBe(TOKEN);
  await settle();
  expect(events.map(({ Step }) => Step)).toEqual(['testSecret']);
  expect(told()).toEqual(['TestRotationStarted', 'TestRotationFailed']);
  expect([...secret().versions.keys()]).toEqual(['v1']);
});

test('a rotation that the process did not survive is taken up by the next', async () => {
  onStep = async event => {
    await doStep(event);
    if (event.Step === 'setSecret') await new Promise(() => {});
  };
  rotate();
  await settle();
  rotator.close();
  begin();
  await settle();
  expect(events.map(({ Step }) => Step)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret']);
  expect(events[0]?.ClientRequestToken).toBe(TOKEN);
  expect(current()).toBe(`made by ${TOKEN}`);
});

test('the schedule outlives the process, and what was due meanwhile is done at once', async () => {
  rotate();
  await settle();
  rotator.close();
  await clock.advance(25 * DAY);
  begin();
  await settle();
  await clock.advance(0);
  await settle();
  expect(told()).toEqual(['RotationStarted', 'RotationSucceeded']);
});

test('a secret that is to be deleted is not rotated', async () => {
  rotate({ isImmediate: false });
  await settle();
  store.keep({ ...secret(), deletesAt: clock.now() + 30 * DAY });
  await clock.advance(20 * DAY);
  await settle();
  expect(told()).toEqual(['TestRotationStarted', 'TestRotationSucceeded']);
});

test('nothing is slept for while nothing is due', async () => {
  expect(clock.sleeping).toBe(0);
  rotate();
  await settle();
  expect(clock.sleeping).toBe(1);
  rotator.close();
  await settle();
  expect([clock.sleeping, functionClock.sleeping]).toEqual([0, 0]);
});
