import {
  accept,
  endAttempt,
  lineOf,
  readOperation,
  settle,
  startAttempt,
  tick,
  type Arrival,
  type Lease,
  type ScopedLimit,
} from '@huntaze/core/lua';
import type { State } from '@huntaze/core/operations';
import type { Redis } from 'iovalkey';
import { expect } from 'vitest';
import { CREATORS, KINDS, type Command } from './commands.ts';
import { Ledger } from './ledger.ts';
import { Model } from './model.ts';
import { Onlooker } from './onlooker.ts';
import { give, type Order } from './orders.ts';

const T0 = 1_800_000_000_000;
const LEASE = { holdMs: 31_000, hiddenMs: 120_000 };
const LONGEST_DEFERRAL = 900_000;
const LARGE = 'x'.repeat(256 * 1_024);

interface Message extends Arrival {
  isLarge: boolean;
  deliveries: number;
}

/** What became of a tick: what it released, and of what stays the bodies that it asked for. */
interface Batch {
  line: string;
  lease: string;
  ids: string[];
  staying: Arrival[];
}

/** The real line and the model of it, side by side: whatever happens, happens to both. */
export class World {
  now = T0;
  readonly #redis: Redis;
  readonly #limit: ScopedLimit;
  readonly #model: Model;
  readonly #ledger = new Ledger(LONGEST_DEFERRAL + LEASE.hiddenMs);
  readonly #onlooker: Onlooker;
  readonly #messages: Message[] = [];
  #unsettled: Batch[] = [];
  #named = 0;
  readonly #lastOf = new Map<string, string>();

  constructor(redis: Redis, limit: ScopedLimit) {
    this.#redis = redis;
    this.#limit = limit;
    this.#model = new Model(limit);
    this.#onlooker = new Onlooker(redis, limit);
  }

  async run(command: Command): Promise<void> {
    await this.#onlooker.look(this.now);
    switch (command.do) {
      case 'accept':
        for (let n = 0; n < command.count; n++) await this.#accept(command);
        return;
      case 'produce':
        for (let n = 0; n < command.count; n++) this.#produce(command);
        return;
      case 'tick': {
        const { fresh, again, isBackwards } = command;
        const unseen = this.#messages.filter(({ deliveries }) => deliveries === 0);
        const seen = this.#messages.filter(({ deliveries }) => deliveries > 0);
        const first = isBackwards ? unseen.toReversed().slice(0, fresh) : unseen.slice(0, fresh);
        const others = again.flatMap(n => seen.at(n % Math.max(1, seen.length)) ?? []);
        const strangers = command.isStranger && others[0] ? [{ ...others[0], creatorId: 'eve' }] : [];
        return this.#invoke([...first, ...others, ...strangers], command.creator, command.isSettled);
      }
      case 'settle': {
        const batch = this.#unsettled[command.which % Math.max(1, this.#unsettled.length)];
        if (!batch) return;
        this.#unsettled = this.#unsettled.filter(other => other !== batch);
        return this.#settle({ ...batch, ids: batch.ids.filter((_, n) => ((command.but >> n) & 1) === 0) });
      }
      case 'wait':
        this.now += command.ms;
        return;
      case 'start':
      case 'end':
        return this.#attempt(command);
      case 'lose':
        return this.#lose(command.what);
      default:
        return this.#order(command);
    }
  }

  async #accept({ creator, kind, keyed, lastsMs }: Extract<Command, { do: 'accept' }>): Promise<void> {
    const operation = {
      operationId: `op-${++this.#named}`,
      creatorId: CREATORS[creator]!,
      kind: KINDS[kind]!,
      notAfter: lastsMs === undefined ? undefined : this.now + lastsMs,
    };
    const key = keyed ? { key: `key-${creator}`, fingerprint: String(kind) } : undefined;
    const real = await accept(this.#redis, this.#limit, operation, key, this.now);
    const model = this.#model.accept(
      operation,
      lineOf(this.#limit.scope, operation.creatorId),
      key,
      this.now,
    );
    expect(real.is).toBe(model.is);
    if (real.is !== 'accepted' || model.is !== 'accepted') return;
    const { operationId, state, sequence, follows } = real.place;
    expect({ operationId, state, sequence, follows }).toEqual({
      operationId: model.operation.id,
      state: this.#model.stateOf(model.operation.id),
      sequence: String(model.operation.sequence),
      follows: model.operation.follows === undefined ? undefined : String(model.operation.follows),
    });
    if (operationId === operation.operationId)
      this.#send({ ...operation, sequence, follows, isLarge: false });
  }

  #produce({ creator, kind, names, isLarge, lastsMs }: Extract<Command, { do: 'produce' }>): void {
    const creatorId = CREATORS[creator]!;
    const sequence = String(this.now * 1_000);
    const before = {
      none: undefined,
      last: this.#lastOf.get(creatorId),
      unknown: String(this.now * 1_000 - 7),
    };
    const follows = before[names] === sequence ? undefined : before[names];
    const operationId = `op-${++this.#named}`;
    const notAfter = lastsMs === undefined ? undefined : this.now + lastsMs;
    this.#send({ operationId, creatorId, kind: KINDS[kind]!, notAfter, sequence, follows, isLarge });
  }

  #send(
    message: Omit<Message, 'messageId' | 'receiptHandle' | 'receives' | 'body' | 'attributes' | 'deliveries'>,
  ): void {
    const { operationId, creatorId, sequence, isLarge } = message;
    this.#lastOf.set(creatorId, sequence);
    const body = `${operationId}\n${isLarge ? LARGE : ''}`;
    const copy = { messageId: `copy-of-${operationId}`, receiptHandle: '', receives: 0 };
    this.#messages.push({ ...message, ...copy, body, attributes: `{"n":"${operationId}"}`, deliveries: 0 });
  }

  /** One invocation: its batch goes by lines, and nothing happens in a line without an arrival but for `creator`'s. */
  async #invoke(messages: Message[], creator: number, isSettled: boolean): Promise<void> {
    const lines = Map.groupBy(messages, ({ creatorId }) => lineOf(this.#limit.scope, creatorId));
    if (lines.size === 0) lines.set(lineOf(this.#limit.scope, CREATORS[creator]!), []);
    for (const [line, standing] of lines) await this.#tick(line, standing, isSettled);
  }

  async #tick(line: string, messages: Message[], isSettled: boolean): Promise<void> {
    const lease: Lease = { id: `lease-${++this.#named}`, ...LEASE };
    const arrivals = messages.map(message => {
      const deliveries = ++message.deliveries;
      return { ...message, receives: deliveries, receiptHandle: `${message.operationId}/${deliveries}` };
    });
    const real = await tick(this.#redis, line, this.#limit, lease, arrivals, this.now);
    const model = this.#model.tick(line, lease, arrivals, this.now);
    expect(real.verdicts).toEqual(model.verdicts);
    expect(real.tokensRemaining).toBe(model.tokensRemaining);
    const released = real.releases.map(({ operationId }) => operationId);
    expect(released.toSorted()).toEqual(model.released.toSorted());
    const v = await this.#redis.hget(`huntaze:2:line:${line}:state`, 'v');
    expect(Number(v)).toBe(this.#model.line(line).v);
    for (const release of real.releases) {
      const { body, attributes, messageId } = this.#messages.find(
        m => m.operationId === release.operationId,
      )!;
      expect(release).toMatchObject({ body, attributes, messageId });
    }
    const ofCreator = (ids: string[], creator: string) =>
      ids.filter(id => this.#model.operations.get(id)!.creator === creator);
    for (const creator of CREATORS)
      expect(ofCreator(released, creator)).toEqual(ofCreator(model.released, creator));
    this.#ledger.turn(
      this.now,
      this.#model.rules,
      line,
      arrivals,
      real,
      id => this.#model.operations.get(id)!.weight,
    );
    await this.#compareStates([...released, ...messages.map(({ operationId }) => operationId)]);
    const { staying } = real;
    expect(staying.map(({ operationId }) => operationId)).toEqual(model.staying);
    const batch = { line, lease: lease.id, ids: released, staying };
    if (isSettled) await this.#settle(batch);
    else if (released.length + staying.length > 0) this.#unsettled.push(batch);
  }

  async #settle({ line, lease, ids, staying }: Batch): Promise<void> {
    const { isOurs } = await settle(this.#redis, line, lease, { forwarded: ids, staying });
    expect(isOurs).toBe(this.#model.settle(line, lease, ids, staying));
    this.#ledger.settled(this.now, ids, staying);
    await this.#compareStates(ids);
  }

  async #compareStates(ids: Iterable<string>): Promise<void> {
    const states = async (id: string): Promise<[string, State | undefined]> => {
      const record = await readOperation(this.#redis, this.#limit, id, this.now);
      return [id, record?.state];
    };
    const all = [...new Set(ids)];
    const modelled = all.map(id => [id, this.#model.stateOf(id)]);
    expect(await Promise.all(all.map(states))).toEqual(modelled);
  }

  async #attempt(command: Extract<Command, { do: 'start' | 'end' }>): Promise<void> {
    if (command.do === 'start') {
      const sent = this.#messages.filter(({ operationId }) => this.#ledger.wasReleased(operationId));
      const message = sent[command.which % Math.max(1, sent.length)];
      if (!message) return;
      const line = lineOf(this.#limit.scope, message.creatorId);
      const { state } = await startAttempt(this.#redis, { ...message, line }, this.now);
      expect(state).toBe(this.#model.startAttempt(message, line, this.now));
      this.#ledger.begun(message.operationId, state);
      return;
    }
    const running = [...this.#model.operations.values()].filter(({ state }) => state === 'running');
    const operation = running[command.which % Math.max(1, running.length)];
    if (!operation) return;
    const retryAt = command.retryMs === undefined ? undefined : this.now + command.retryMs;
    const end = { operationId: operation.id, state: command.state, ...(retryAt && { retryAt }) };
    await endAttempt(this.#redis, end, this.now);
    this.#model.endAttempt(operation.id, command.state, retryAt, this.now);
    await this.#compareStates([operation.id]);
  }

  async #order(command: Order): Promise<void> {
    const messages = this.#messages.map(({ operationId }) => operationId);
    const both = { redis: this.#redis, model: this.#model, limit: this.#limit };
    const id = await give(command, { ...both, messages, now: this.now });
    if (id === undefined) return;
    if (this.#model.stateOf(id) === 'cancelled') this.#ledger.withdrawn(id);
    await this.#compareStates([id]);
  }

  async #lose(what: 'everything' | 'note' | 'identity'): Promise<void> {
    if (what === 'everything') {
      await this.#redis.flushall();
      this.#model.forget();
      this.#ledger.forget();
    } else if (what === 'note') {
      await this.#redis.del('huntaze:2:home');
      this.#model.moveHome('gone');
    } else if (await this.#redis.exists('huntaze:2:home')) {
      await this.#redis.hset('huntaze:2:home', 'replid', 'another');
      this.#model.moveHome('kept');
    }
  }

  /** All that hinders is taken away, and time passes: whatever was put in line must come to its turn. */
  async end(): Promise<void> {
    await this.#onlooker.compare(this.#model.operations.keys(), this.now);
    for (let who = 0; who <= CREATORS.length; who++)
      await this.#order({ do: 'resume', who, forMs: undefined });
    for (let creator = 0; creator < CREATORS.length; creator++) await this.#order({ do: 'let in', creator });
    for (let kind = 0; kind < KINDS.length; kind++) await this.#order({ do: 'resume kind', kind });
    for (const isForAll of [true, false]) await this.#order({ do: 'close', forMs: 0, isForAll });
    const waiting = () =>
      this.#messages.filter(({ operationId, deliveries }) => {
        const state = this.#model.stateOf(operationId);
        return deliveries > 0 && (state === 'waiting' || state === 'pending');
      });
    for (let round = 0; waiting().length > 0; round++) {
      if (round === 30 + 2 * this.#messages.length)
        expect(waiting().map(({ operationId }) => operationId)).toEqual([]);
      this.now += round % 4 === 3 ? 300_000 : 61_000;
      // The copies of what waits come again, and what was forwarded is done.
      await this.#invoke(waiting(), round % CREATORS.length, true);
      for (const { id, state } of this.#model.operations.values())
        if (state === 'forwarded') await this.#attempt({ do: 'start', which: this.#indexOf(id) });
      for (const { state } of this.#model.operations.values())
        if (state === 'running')
          await this.#attempt({ do: 'end', which: 0, state: 'succeeded', retryMs: undefined });
    }
    await this.#compareStates(this.#messages.map(({ operationId }) => operationId));
    await this.#onlooker.compare(this.#model.operations.keys(), this.now);
    this.#ledger.close(id => this.#model.stateOf(id));
  }

  #indexOf(id: string): number {
    const sent = this.#messages.filter(({ operationId }) => this.#ledger.wasReleased(operationId));
    return sent.findIndex(({ operationId }) => operationId === id);
  }
}
