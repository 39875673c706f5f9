import type {
  Action,
  Creator,
  CreatorState,
  Delivery,
  Letter,
  Limits,
  Minute,
  Operation,
  Overview,
  Token,
  Webhook,
} from '../../api/src/console/types.ts';
import { KINDS, type State } from '../../core/src/operations.ts';
import { SeededRandom } from '../../local/src/seeded-random.ts';

/** All that the console can show, with every trouble there is. */
export interface World {
  creators: Creator[];
  /** The newest first. */
  operations: Operation[];
  limits: Limits;
  minutes: Minute[];
  letters: Letter[];
  /** The newest first. */
  actions: Action[];
  tokens: Token[];
  webhook?: Webhook;
  deliveries: Delivery[];
}

const FIRST =
  'ada bea cleo dora elif fay gia hana ines jade kaya lena mara nora oona pia rhea sia tess uma'.split(' ');
const LAST = 'quinn vale moss lark finch reed wren stone brook ash'.split(' ');
const CREATORS = 200;
const OPERATIONS = 10_000;
/** The first creators' troubles, one each. */
const TROUBLES: { state: CreatorState; why: string; untilS?: number; unknown?: number }[] = [
  { state: 'needs_login', why: 'the site asks for a code' },
  { state: 'needs_login', why: 'the site refuses the password' },
  { state: 'outcome_unknown', why: 'one message may have been sent', unknown: 1 },
  { state: 'refused', why: 'the site answered 403: account restricted', untilS: 5_400 },
  { state: 'backing_off', why: 'the site answered 429', untilS: 252 },
  { state: 'backing_off', why: 'the site answered 502, third failure', untilS: 64 },
  { state: 'paused', why: 'on holiday', untilS: 3 * 86_400 },
  { state: 'paused', why: 'paused by tok-4f1a' },
  { state: 'draining', why: 'moves to another agency' },
];
const ERRORS = [
  'the site answered 404: there is no such fan',
  'the page did not show what was looked for: button "Send"',
  'the site answered 422: price must be at least 3',
];
const CAUSES = ['failed 8 times', 'its body can not be read', 'its creator’s login was never renewed'];

/** The same seed, the same world, as it is at `now` (ms since the epoch). */
export function worldAt(now: number, seed = 1): World {
  const random = new SeededRandom(seed);
  const at = (s: number) => new Date(now + s * 1_000).toISOString();
  const creators = Array.from({ length: CREATORS }, (_, i) => creatorOf(i, random, at));
  return {
    creators,
    operations: Array.from({ length: OPERATIONS }, (_, i) => operationOf(i, creators, random, at)),
    limits: {
      scope: 'platform',
      in_force: {
        limit: 10,
        window_s: 60,
        most_unfinished: 200,
        most_waiting: 100_000,
        most_waiting_of_creator: 20_000,
        weights: { 'message.send': 2, 'profile.scrape': 1 },
      },
      set: { most_unfinished: 200, weights: { 'message.send': 2 } },
      lines: [
        {
          line: 'platform',
          used: 7,
          granted: 8,
          next_slot_at: at(4),
          worst_24h: 10,
          hours: Array.from({ length: 24 }, (_, i) => ({
            at: at(-3_600 * (24 - i)),
            most: i > 2 && i < 7 ? random.integer(0, 4) : random.integer(7, 11),
            limit: 10,
          })),
        },
      ],
    },
    minutes: Array.from({ length: 60 }, (_, i) => minuteOf(i, random, at)),
    letters: Array.from({ length: 23 }, (_, i) => letterOf(i, creators, random, at)),
    tokens: [
      { id: 'tok-operator', created_at: at(-9e6), name: 'The office', role: 'operator', creators: 'all' },
      { id: 'tok-4f1a', created_at: at(-8e5), name: 'Ada’s app', role: 'creator', creators: ['ada-quinn'] },
      {
        id: 'tok-77c0',
        created_at: at(-4e5),
        name: 'A wall in the office',
        role: 'viewer',
        creators: 'all',
        expires_at: at(-3_600),
      },
    ],
    deliveries: Array.from({ length: 3 }, (_, i) => ({
      operation_id: operationId(600 + i),
      creator_id: creators[i]!.creator_id,
      kind: KINDS[i]!,
      operation_state: 'succeeded',
      token_id: 'tok-4f1a',
      state: 'dead',
      dead_since: at(-3_600 * (i + 1)),
      tries: 9,
      last: { at: at(-3_600 * (i + 1)), status: 503, why: 'app.example answered 503' },
    })),
    actions: Array.from({ length: 40 }, (_, i) => actionOf(i, creators, at)),
  };
}

/** The whole, as the overview has it. */
export function overviewOf({ creators, limits, letters }: World, now: number): Overview {
  const sum = (name: 'pending' | 'waiting' | 'forwarded' | 'running') =>
    creators.reduce((total, creator) => total + creator[name], 0);
  const needing = creators.filter(
    ({ state, outcome_unknown }) => state === 'needs_login' || outcome_unknown > 0,
  );
  const [line] = limits.lines;
  return {
    now: new Date(now).toISOString(),
    verdict: {
      tone: 'bad',
      sentence: `${needing.length} creators need a person; all others are served at the limit.`,
      cause: `The site asks ${creators[0]!.creator_id} for a code; ${creators[0]!.waiting} operations wait for it.`,
      action: { label: 'Let it in', href: `/creators/${creators[0]!.creator_id}` },
    },
    flow: {
      queued: sum('pending'),
      waiting: sum('waiting'),
      released: 2,
      workflows: sum('forwarded'),
      running: sum('running'),
      ended_hour: { succeeded: 571, failed: 6 },
    },
    limiter: {
      limit: limits.in_force.limit,
      window_s: limits.in_force.window_s,
      used: line!.used,
      next_slot_at: line!.next_slot_at!,
      worst_24h: line!.worst_24h,
    },
    breaker: { state: 'closed' },
    tasks: { alive: 3, busy: 2, in_hand: 5 },
    creators,
    kinds_paused: [
      {
        kind: 'chats.scrape',
        why: 'the site changed: 5 creators in a row',
        since: new Date(now - 2_520_000).toISOString(),
      },
    ],
    dead_letters: {
      total: letters.length,
      causes: CAUSES.map(cause => ({
        cause,
        count: letters.filter(letter => letter.cause === cause).length,
      })),
    },
    alarms: [
      { name: 'huntaze-workflows-age', state: 'ALARM' },
      { name: 'huntaze-workflows-backlog', state: 'OK' },
      { name: 'huntaze-limiter-errors', state: 'OK' },
      { name: 'huntaze-scraper-cpu', state: 'INSUFFICIENT_DATA' },
    ],
    needs_person: needing.length,
  };
}

type At = (s: number) => string;

function creatorOf(i: number, random: SeededRandom, at: At): Creator {
  const creator_id = `${FIRST[i % FIRST.length]}-${LAST[Math.floor(i / FIRST.length)]}`;
  const trouble = TROUBLES[i];
  const none = { pending: 0, waiting: 0, forwarded: 0, running: 0, outcome_unknown: 0 };
  if (!trouble && random.next() < 0.55) return { creator_id, state: 'idle', ...none };
  const waiting = i === 20 ? 214 : random.integer(trouble ? 3 : 0, 9);
  const state = trouble?.state ?? (waiting > 5 ? 'limited' : waiting > 0 ? 'waiting' : 'ready');
  return {
    ...none,
    creator_id,
    state,
    ...(trouble ? { why: trouble.why } : state === 'limited' && { why: 'more is asked for than its share' }),
    ...(trouble?.untilS !== undefined && { until: at(trouble.untilS) }),
    pending: random.integer(0, 2),
    waiting,
    forwarded: random.integer(0, 3),
    running: !trouble && i % 40 === 12 ? 1 : 0,
    ...(waiting > 0 && {
      head: {
        operation_id: operationId(i),
        kind: KINDS[i % 6]!,
        since: at(-random.integer(5, trouble ? 7_200 : 160)),
        waits_for: trouble ? 'login' : 'turn',
        expected_at: at(random.integer(4, 200)),
      },
      last_expected_at: at(random.integer(200, 2_000)),
    }),
    outcome_unknown: trouble?.unknown ?? 0,
  };
}

const operationId = (i: number) => `op-${String(i).padStart(6, '0')}`;

function operationOf(i: number, creators: Creator[], random: SeededRandom, at: At): Operation {
  const creator = creators[i < CREATORS ? i : random.integer(0, CREATORS)]!;
  const state = stateOf(i, random);
  const asked = -i * 4 - 5;
  const begun = asked + random.integer(8, 300);
  const took = random.between(0.8, 9);
  const base: Operation = {
    operation_id: operationId(i),
    creator_id: creator.creator_id,
    kind: KINDS[i % 6]!,
    state,
    receives: random.integer(1, 4),
    attempts: 0,
    failures: 0,
    at: { pending: at(asked) },
  };
  if (state === 'pending') return { ...base, receives: 0, position: 90 + i, expected_at: at(540 + 6 * i) };
  base.at.waiting = at(asked + 0.3);
  if (state === 'waiting') {
    const waits = creator.state === 'needs_login' ? { waits_for: 'login' } : { waits_for: 'turn' };
    return { ...base, ...waits, position: i + 1, expected_at: at(4 + 6 * i) };
  }
  if (state === 'cancelled' || state === 'expired')
    return {
      ...base,
      at: { ...base.at, [state]: at(asked + 60) },
      error: state === 'expired' ? 'not_after has passed' : 'asked for twice',
    };
  base.at.forwarded = at(Math.min(begun - 2, -3));
  if (state === 'forwarded') {
    if (i % 7 !== 0) return base;
    const error = 'the site answered 502';
    base.at.running = at(-30);
    base.at.forwarded = at(-33);
    const tries = [{ started_at: at(-30), ended_at: at(-26), error }];
    return { ...base, attempts: 1, failures: 1, retry_at: at(64), error, tries };
  }
  const started = state === 'running' ? -3 : Math.min(begun, -12);
  base.at.running = at(started);
  if (state === 'running') return { ...base, attempts: 1, tries: [{ started_at: at(started) }] };
  const error = state === 'succeeded' ? undefined : ERRORS[i % ERRORS.length]!;
  const attempts = state === 'dead' ? 4 : i % 9 === 0 ? 2 : 1;
  const tries = Array.from({ length: attempts }, (_, n) => {
    const from = started + n * n * 20;
    const failed = n < attempts - 1 ? 'the site answered 502' : error;
    return {
      started_at: at(from),
      ended_at: at(from + took),
      ...(failed !== undefined && { error: failed }),
    };
  });
  return {
    ...base,
    attempts,
    failures: state === 'succeeded' ? attempts - 1 : attempts,
    ...(error !== undefined && { error }),
    result: `/api/onlyfans/operations/${base.operation_id}/result`,
    tries,
    ...(i % 50 === 7 && { of: operationId(i + 400) }),
    at: { ...base.at, [state]: tries.at(-1)!.ended_at },
  };
}

function stateOf(i: number, random: SeededRandom): State {
  if (i < 12) return 'pending';
  if (i < 320) return 'waiting';
  if (i < 420) return 'forwarded';
  if (i < 424) return 'running';
  if (i === 430) return 'outcome_unknown';
  const drawn = random.next();
  if (drawn < 0.955) return 'succeeded';
  if (drawn < 0.975) return 'failed';
  if (drawn < 0.98) return 'dead';
  return drawn < 0.99 ? 'cancelled' : 'expired';
}

function minuteOf(i: number, random: SeededRandom, at: At): Minute {
  const navigations = i > 21 && i < 26 ? random.integer(0, 3) : random.integer(8, 11);
  const failed = random.next() < 0.08 ? 1 : 0;
  const isEmpty = i > 22 && i < 25;
  return {
    at: at(-60 * (59 - i)),
    navigations,
    released: navigations,
    succeeded: Math.max(0, navigations - failed),
    failed,
    waiting: Math.round(180 + 130 * Math.sin(i / 9) + random.integer(0, 20)),
    ...(!isEmpty && {
      waited_ms: 1_000 * random.integer(60, 200),
      duration_ms: random.integer(2_400, 5_200),
    }),
  };
}

function letterOf(i: number, creators: Creator[], random: SeededRandom, at: At): Letter {
  const cause = CAUSES[i % 5 === 0 ? 1 : i % 7 === 0 ? 2 : 0]!;
  const isReadable = cause !== CAUSES[1];
  return {
    id: `letter-${i}`,
    queue: isReadable ? 'scraper' : 'limiter',
    ...(isReadable && {
      operation_id: operationId(500 + i),
      creator_id: creators[random.integer(0, 40)]!.creator_id,
      kind: KINDS[i % 6]!,
      attempts: 8,
      last_error: ERRORS[i % ERRORS.length]!,
    }),
    cause,
    sent_at: at(-600 * i - 120),
  };
}

/** What operators have done: one of each kind of act, over and over. */
function actionOf(i: number, creators: Creator[], at: At): Action {
  const creator = creators[i % 12]!.creator_id;
  const told: Pick<Action, 'action' | 'on' | 'before' | 'after'>[] = [
    {
      action: 'creator.pause',
      on: `creator ${creator}`,
      before: { creator_id: creator, state: 'limited', waiting: 14, running: 1 },
      after: {
        creator_id: creator,
        state: 'paused',
        why: 'on holiday',
        until: at(86_400),
        waiting: 14,
        running: 1,
      },
    },
    {
      action: 'limits.set',
      on: 'limits',
      before: { limit: 10, window_s: 60, weights: { 'message.send': 1, 'profile.scrape': 1 } },
      after: { limit: 8, window_s: 60, weights: { 'message.send': 2, 'profile.scrape': 1 } },
    },
    {
      action: 'dead-letters.redrive',
      on: `dead letters of creator ${creator}`,
      before: { letters: 2, causes: [{ cause: CAUSES[0], count: 2 }], reason: 'the site is back' },
      after: {
        done: [{ id: 'dl-1', operation_id: operationId(3) }],
        failed: [{ id: 'dl-2', why: 'it has expired' }],
        is_complete: true,
      },
    },
    {
      action: 'operation.cancel',
      on: `operation ${operationId(i)} of creator ${creator}`,
      before: { state: 'waiting' },
      after: { state: 'cancelled', reason: 'asked for twice' },
    },
    { action: 'token.revoke', on: 'token tok-77c0ffee', after: { id: 'tok-77c0ffee', name: 'Old app' } },
    {
      action: 'creator.resume',
      on: `creator ${creator}`,
      before: { creator_id: creator, state: 'paused', why: 'on holiday' },
      after: { creator_id: creator, state: 'ready' },
    },
  ];
  const outcome = i === 4 ? 'failed' : i === 9 ? 'begun' : 'done';
  const { after, ...about } = told[i % told.length]!;
  return {
    at: at(-60 * (i * 47 + 3)),
    token_id: i % 3 === 0 ? 'first' : 'tok-4f1a09c2be77',
    ...about,
    outcome,
    ...(outcome === 'failed' && { error: 'the line can not be reached; try again' }),
    ...(outcome === 'done' && { after }),
  };
}
