import { hash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SqsEngine } from './engine.ts';
import { receiptHandle } from './message.ts';
import { ModelQueue, type ModelMessage } from './test-model.ts';
import type { Queue } from './queue.ts';

/** More runs find rarer faults: PROPERTY_RUNS=20000. A run is repeated by PROPERTY_SEED, printed at every start. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 200);
const SEED = Number(process.env['PROPERTY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const START = Date.UTC(2026, 0, 1);
const RETENTION_SECONDS = 600;
const MAX_RECEIVES = 2;
const GROUPS = ['a', 'b', 'c', undefined] as const;

const steps = fc.array(
  fc.record({
    do: fc.oneof(
      { weight: 6, arbitrary: fc.constant('send' as const) },
      { weight: 6, arbitrary: fc.constant('receive' as const) },
      { weight: 4, arbitrary: fc.constantFrom('delete' as const, 'change' as const) },
      { weight: 1, arbitrary: fc.constantFrom('purge' as const, 'move' as const, 'move to' as const) },
    ),
    queue: fc.oneof(
      { weight: 3, arbitrary: fc.constant('source' as const) },
      { weight: 1, arbitrary: fc.constant('dead' as const) },
    ),
    n: fc.nat(1_000),
    group: fc.constantFrom(...GROUPS),
    passes: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.nat(12) },
      { weight: 1, arbitrary: fc.nat(350) },
    ),
  }),
  { minLength: 10, maxLength: 100, size: 'max' },
);
type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never;

/** A real queue and what it should do. */
interface Pair {
  real: Queue;
  model: ModelQueue;
  /** Handles of all receives, the newest first, and what they are of. */
  handles: { handle: string; message: ModelMessage; receives: number }[];
}

/** A queue with a dead-letter queue, and a third one that messages are moved to. */
class Account {
  readonly engine = new SqsEngine({ region: 'us-east-1' });
  readonly fifo: boolean;
  readonly pairs: Record<'dead' | 'source' | 'other', Pair>;
  readonly moved = new Map<string, number>();
  #sent = 0;

  constructor(fifo: boolean) {
    this.fifo = fifo;
    const dead = this.#pair('dead', {});
    const policy = { deadLetterTargetArn: dead.real.arn, maxReceiveCount: MAX_RECEIVES };
    const source = this.#pair('source', { RedrivePolicy: JSON.stringify(policy) }, dead.model);
    this.pairs = { dead, source, other: this.#pair('other', {}) };
  }

  #pair(name: string, attributes: Record<string, string>, deadLetters?: ModelQueue): Pair {
    const all = {
      MessageRetentionPeriod: String(RETENTION_SECONDS),
      ...(this.fifo && { FifoQueue: 'true' }),
      ...attributes,
    };
    return {
      real: this.engine.createQueue(name + (this.fifo ? '.fifo' : ''), new Map(Object.entries(all)), START),
      model: new ModelQueue({
        fifo: this.fifo,
        retentionMs: RETENTION_SECONDS * 1_000,
        ...(deadLetters && { deadLetters: { queue: deadLetters, after: MAX_RECEIVES } }),
      }),
      handles: [],
    };
  }

  run(step: Step, now: number): void {
    const pair = this.pairs[step.queue];
    const { real, model } = pair;
    switch (step.do) {
      case 'send':
        for (let copies = 0; copies <= step.n % 25; copies += 1) this.#send(pair, step, now);
        return;
      case 'receive':
        return this.receive(pair, (step.n % 45) + 1, (step.n % 5) * 9_000, now);
      case 'delete':
      case 'change': {
        const held = pair.handles[step.n % Math.max(1, pair.handles.length)];
        if (held === undefined) return;
        const seconds = step.n % 4;
        const isTaken =
          step.do === 'delete'
            ? model.delete(held.message, held.receives, now)
            : model.change(held.message, held.receives, seconds * 1_000, now);
        const run = () =>
          step.do === 'delete'
            ? real.delete(held.handle, now)
            : real.changeVisibility(held.handle, seconds, now);
        if (isTaken) run();
        else expect(run).toThrow();
        return;
      }
      case 'purge':
        real.purge(now);
        return model.purge(now);
      default:
        return this.#move(step.do === 'move to', now);
    }
  }

  #send({ real, model }: Pair, { n, group: id }: Step, now: number): void {
    const group = this.fifo ? (id ?? 'a') : id;
    const body = String(++this.#sent);
    const deduplicationId = this.fifo ? `d${(n + this.#sent) % 40}` : undefined;
    const delayMs = this.fifo ? 0 : (n % 3) * 4_000;
    const before = real.counts(now);
    real.send(
      {
        body,
        md5OfBody: hash('md5', body),
        attributes: new Map(),
        systemAttributes: new Map(),
        delayMs,
        groupId: group,
        deduplicationId,
      },
      now,
    );
    const isTaken = model.send(body, { group, deduplicateBy: deduplicationId, delayMs }, now);
    const after = real.counts(now);
    const size = ({ available, inFlight, delayed }: typeof before) => available + inFlight + delayed;
    expect(size(after) - size(before)).toBe(isTaken ? 1 : 0);
  }

  receive({ real, model, handles }: Pair, limit: number, visibilityMs: number, now: number): void {
    const received = real.receive(limit, visibilityMs, now);
    const expected = model.receive(limit, visibilityMs, now);
    const show = expected.map(({ body, receives, source }) => [body, receives, source !== undefined]);
    expect(
      received.map(({ body, receiveCount, deadLetterSource }) => [
        body,
        receiveCount,
        deadLetterSource !== undefined,
      ]),
    ).toEqual(show);
    for (const [index, message] of expected.entries()) {
      const handle = receiptHandle(real.name, received[index] as (typeof received)[number]);
      handles.unshift({ handle, message, receives: message.receives });
    }
  }

  #move(toOther: boolean, now: number): void {
    const { dead, other } = this.pairs;
    const destinationArn = toOther ? other.real.arn : undefined;
    const { handle } = this.engine.moves.start(
      { sourceArn: dead.real.arn, destinationArn, perSecond: undefined },
      now,
    );
    const [newest] = this.engine.moves.list(dead.real.arn);
    const { moved, status } = dead.model.moveAll(toOther ? other.model : undefined, now);
    expect(newest?.task).toMatchObject({ moved, status });
    // The rest, which waits for a group to open, isn't the model's.
    if (status === 'RUNNING') this.engine.moves.cancel(handle);
  }

  check(now: number): void {
    for (const { real, model } of Object.values(this.pairs)) {
      const { available, inFlight, delayed } = real.counts(now);
      expect([available, inFlight, delayed]).toEqual(model.counts(now));
    }
  }

  /** Nothing is lost and nothing comes twice: all that is left comes out as the model says, and then nothing. */
  drain(now: number): void {
    const later = now + 60_000;
    this.check(later);
    for (const pair of [this.pairs.source, this.pairs.dead, this.pairs.other])
      for (let receives = 0; receives < 200 && pair.model.counts(later)[0] > 0; receives += 1) {
        const before = pair.handles.length;
        this.receive(pair, 10, 100_000, later);
        for (const { handle, message, receives: count } of pair.handles.slice(
          0,
          pair.handles.length - before,
        )) {
          pair.real.delete(handle, later);
          pair.model.delete(message, count, later);
        }
        this.check(later);
      }
    for (const { real } of Object.values(this.pairs))
      expect(real.counts(later)).toEqual({ available: 0, inFlight: 0, delayed: 0 });
  }
}

for (const fifo of [false, true])
  test(`whatever is done to ${fifo ? 'FIFO' : 'standard'} queues, they do what the model does`, () => {
    console.info(`${RUNS} runs, PROPERTY_SEED=${SEED}`);
    fc.assert(
      fc.property(steps, list => {
        const account = new Account(fifo);
        let now = START;
        for (const step of list) {
          now += step.passes * 1_000;
          account.run(step, now);
          account.check(now);
        }
        account.drain(now);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
