import type { RuleChanges } from '@huntaze/core/lua';
import * as fc from 'fast-check';

/** What can happen. Numbers that choose among what there is are taken modulo its count. */
export type Command =
  | {
      do: 'accept';
      creator: number;
      kind: number;
      count: number;
      keyed: boolean;
      lastsMs: number | undefined;
    }
  /** Messages of a producer that doesn't ask the API. */
  | {
      do: 'produce';
      creator: number;
      kind: number;
      count: number;
      names: 'none' | 'last' | 'unknown';
      isLarge: boolean;
      lastsMs: number | undefined;
    }
  | { do: 'void'; which: number }
  | { do: 'cancel'; which: number }
  | { do: 'start'; which: number }
  | { do: 'end'; which: number; state: 'succeeded' | 'failed' | 'forwarded'; retryMs: number | undefined }
  /** One invocation: the first, or the last, of those never delivered, and some that were. */
  | {
      do: 'tick';
      fresh: number;
      isBackwards: boolean;
      again: number[];
      isStranger: boolean;
      isSettled: boolean;
      creator: number;
    }
  /** Of an invocation that was not settled at once: but some. */
  | { do: 'settle'; which: number; but: number }
  | { do: 'wait'; ms: number }
  | { do: 'pause'; who: number; forMs: number | undefined }
  | { do: 'drain'; who: number; forMs: number | undefined }
  | { do: 'resume'; who: number; forMs: number | undefined }
  /** The site doesn't let a creator in, or does again, or answers 429. */
  | { do: 'login' | 'let in'; creator: number }
  | { do: 'refuse'; creator: number; forMs: number }
  | { do: 'skip'; creator: number; named: number | undefined }
  | { do: 'rules'; changes: RuleChanges }
  | { do: 'pause kind' | 'resume kind'; kind: number }
  | { do: 'close'; forMs: number; isForAll: boolean }
  | { do: 'lose'; what: 'everything' | 'note' | 'identity' }
  | { do: 'found'; what: 'new' | 'same' };

export const CREATORS = ['ada', 'bea', 'cleo', 'dora'];
export const KINDS = ['light', 'heavy'];
const creator = fc.nat(CREATORS.length - 1);
const kind = fc.nat(KINDS.length - 1);
const some = fc.nat(40);
const lastsMs = fc.option(fc.constantFrom(1, 20_000, 70_000, 400_000), { nil: undefined, freq: 5 });
const forMs = fc.option(fc.constantFrom(1, 5_000, 60_250, 200_000, 2_000_000), { nil: undefined, freq: 2 });
/** About the lengths that matter: of the window and its guard, of patience, of a lease, of an hour. */
const ms = fc.oneof(
  fc.nat(300),
  fc
    .tuple(
      fc.constantFrom(10_000, 15_250, 30_000, 31_000, 60_000, 60_250, 120_250, 900_000, 1_020_000, 3_600_000),
      fc.integer({ min: -1, max: 1 }),
    )
    .map(([length, more]) => length + more),
  fc.nat(120_000),
);
const ruleChange = fc.oneof(
  fc.record({ limit: fc.option(fc.integer({ min: 1, max: 6 })) }),
  fc.record({ windowMs: fc.option(fc.constantFrom(10_000, 15_000, 60_000, 120_000)) }),
  fc.record({ mostUnfinished: fc.option(fc.integer({ min: 1, max: 6 })) }),
  fc.record({ weights: fc.record({ heavy: fc.option(fc.integer({ min: 1, max: 4 })) }) }),
);
const is = <T extends string>(...names: T[]) => fc.constantFrom(...names);

/** One event: invocations and time mostly, the rest now and then. */
export const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('accept'),
      creator,
      kind,
      count: fc.integer({ min: 1, max: 4 }),
      keyed: fc.integer({ min: 0, max: 4 }).map(n => n === 0),
      lastsMs,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('produce'),
      creator,
      kind,
      count: fc.integer({ min: 1, max: 5 }),
      lastsMs,
      names: is('none', 'none', 'none', 'last', 'unknown'),
      isLarge: fc.integer({ min: 0, max: 3 }).map(n => n === 0),
    }),
  },
  {
    weight: 30,
    arbitrary: fc.record({
      do: is('tick'),
      fresh: fc.nat(8),
      isBackwards: fc.boolean(),
      again: fc.array(some, { maxLength: 5 }),
      isStranger: fc.integer({ min: 0, max: 15 }).map(n => n === 0),
      isSettled: fc.integer({ min: 0, max: 3 }).map(n => n > 0),
      creator,
    }),
  },
  { weight: 20, arbitrary: fc.record({ do: is('wait'), ms }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: is('settle'), which: some, but: fc.oneof(fc.constant(0), fc.nat(63)) }),
  },
  { weight: 5, arbitrary: fc.record({ do: is('cancel', 'void'), which: some }) },
  { weight: 9, arbitrary: fc.record({ do: is('start'), which: some }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: is('end'),
      which: some,
      state: is('succeeded', 'failed', 'forwarded'),
      retryMs: fc.option(fc.nat(100_000), { nil: undefined }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: is('pause', 'drain', 'resume', 'resume'),
      who: fc.nat(CREATORS.length),
      forMs,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: is('login', 'let in', 'let in'), creator }) },
  { weight: 2, arbitrary: fc.record({ do: is('refuse'), creator, forMs: fc.nat(200_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: is('skip'), creator, named: fc.option(some, { nil: undefined }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: is('rules'), changes: ruleChange }) },
  { weight: 3, arbitrary: fc.record({ do: is('pause kind', 'resume kind', 'resume kind'), kind }) },
  { weight: 1, arbitrary: fc.record({ do: is('close'), forMs: fc.nat(200_000), isForAll: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: is('lose'), what: is('everything', 'note', 'identity') }) },
  { weight: 1, arbitrary: fc.record({ do: is('found'), what: is('new', 'same') }) },
);

/** The limits that the environment sets. */
export const limit = fc.record({
  scope: is('platform', 'platform', 'platform', 'creator'),
  limit: fc.constantFrom(1, 2, 3, 4, 10),
  windowMs: fc.constantFrom(15_000, 60_000),
  mostUnfinished: fc.option(fc.integer({ min: 2, max: 12 }), { nil: undefined, freq: 3 }),
});

/** What operations of the kind that has a weight of its own take at first. */
export const heavy = fc.integer({ min: 1, max: 4 });
