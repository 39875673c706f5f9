import type { Clock } from '@huntaze/core/clock';
import { SeededRandom } from '../../seeded-random.ts';
import type { ServiceName } from './aws-words.ts';
import {
  actionsOf,
  isForStandardQueues,
  readFaultPlan,
  type FaultPlan,
  type FaultPlanInput,
  type FaultRule,
} from './plan.ts';

/** How many of the faults that happened are remembered one by one; counts go on. */
const REMEMBERED = 1_000;

/** One call of a service's action. */
export interface Call {
  service: ServiceName;
  action: string;
  /** The name of the queue that it is about, if it is about one. */
  queue?: string | undefined;
}

type Kind = FaultRule['kind'];

/** A rule of one of these kinds that strikes a call. */
export type Strike<K extends Kind = Kind> = K extends Kind
  ? {
      kind: K;
      rule: Extract<FaultRule, { kind: K }>;
      /** For whatever the kind leaves open. Depends on nothing but seed, rule and the call's number. */
      random: SeededRandom;
      /** To be called when it has really come to pass: a message can't be taken out of turn where there is only one. */
      happened: () => void;
    }
  : never;

/** The kinds that say what becomes of the answer. The first of them in the plan has its way. */
type AnswerKind = 'error' | 'throttle' | 'timeout' | 'lose-answer' | 'partial';
type MischiefKind = Exclude<Kind, AnswerKind | 'slow'>;

/** Everything that strikes one call. */
export interface Strikes {
  answer: Strike<AnswerKind> | undefined;
  slow: Strike<'slow'> | undefined;
  mischief: Strike<MischiefKind>[];
}

/** One fault that happened. */
interface Happened {
  /** When it was decided on: milliseconds since the epoch. */
  at: number;
  /** Which of the plan's rules it was, counted from 0. */
  rule: number;
  kind: Kind;
  service: ServiceName;
  action: string;
  queue?: string;
  /** Which of the calls that the rule applies to it struck, counted from 1. */
  call: number;
}

/** What came of a plan so far. */
export interface FaultReport {
  seed: FaultPlan['seed'];
  /** Each with how many calls it applied to, and how many faults came of it. */
  rules: (FaultRule & { seen: number; injected: number })[];
  /** The newest faults, the oldest first. */
  happened: Happened[];
}

interface Armed {
  rule: FaultRule;
  index: number;
  stream: SeededRandom;
  from: number;
  until: number;
  seen: number;
  injected: number;
}

/**
 * Decides what goes wrong. Every rule counts the calls it applies to and throws its own dice for each of
 * them, named after the call's number: neither other rules nor what came of a strike shift its numbers.
 */
export class Faults {
  readonly #clock: Clock;
  #plan: FaultPlan | undefined;
  #rules: Armed[] = [];
  #happened: Happened[] = [];

  /** @throws BadFaultPlan */
  constructor(clock: Clock, plan?: FaultPlanInput) {
    this.#clock = clock;
    if (plan !== undefined) this.set(plan);
  }

  /** Whether there is a plan with rules: without one nothing need be asked. */
  get isOn(): boolean {
    return this.#rules.length > 0;
  }

  /**
   * Begins a plan: its calls are counted, and its times run, from now on.
   * @throws BadFaultPlan; the plan before it stays
   */
  set(input: FaultPlanInput): void {
    const plan = readFaultPlan(input);
    const now = this.#clock.now();
    const seeded = new SeededRandom(String(plan.seed));
    const keys = new Map<string, number>();
    this.#plan = plan;
    this.#happened = [];
    this.#rules = plan.rules.map((rule, index) => {
      const key = rule.name ?? JSON.stringify(rule);
      const twin = keys.get(key) ?? 0;
      keys.set(key, twin + 1);
      const from = now + (rule.afterMs ?? 0);
      const until = from + (rule.forMs ?? Infinity);
      return { rule, index, stream: seeded.fork(`${key}/${twin}`), from, until, seen: 0, injected: 0 };
    });
  }

  /** Nothing goes wrong any more. */
  clear(): void {
    this.#plan = undefined;
    this.#rules = [];
    this.#happened = [];
  }

  /** What strikes this call; undefined: nothing. To be asked once for each. */
  strikesOn(call: Call): Strikes | undefined {
    const strikes: Strikes = { answer: undefined, slow: undefined, mischief: [] };
    let isStruck = false;
    for (const armed of this.#rules) {
      if (!appliesTo(armed.rule, call)) continue;
      const strike = this.#throw(armed, call);
      if (strike === undefined) continue;
      isStruck = true;
      switch (strike.kind) {
        case 'slow':
          strikes.slow ??= strike;
          break;
        case 'duplicate':
        case 'reorder':
        case 'delay-visibility':
        case 'empty-receive':
          strikes.mischief.push(strike);
          break;
        default:
          strikes.answer ??= strike;
      }
    }
    return isStruck ? strikes : undefined;
  }

  /** What came of the plan so far; undefined: there is none. */
  report(): FaultReport | undefined {
    if (this.#plan === undefined) return undefined;
    return {
      seed: this.#plan.seed,
      rules: this.#rules.map(({ rule, seen, injected }) => ({ ...rule, seen, injected })),
      happened: [...this.#happened],
    };
  }

  #throw(armed: Armed, call: Call): Strike | undefined {
    const { rule } = armed;
    armed.seen += 1;
    const number = armed.seen;
    const at = this.#clock.now();
    if (at < armed.from || at >= armed.until || armed.injected >= (rule.times ?? Infinity)) return undefined;
    if (rule.calls !== undefined && !rule.calls.includes(number)) return undefined;
    const random = armed.stream.fork(String(number));
    if (rule.probability !== undefined && random.next() >= rule.probability) return undefined;
    let isNoted = false;
    const happened = () => {
      if (isNoted) return;
      isNoted = true;
      armed.injected += 1;
      const { service, action, queue } = call;
      const what = { at, rule: armed.index, kind: rule.kind, service, action, call: number };
      this.#happened.push(queue === undefined ? what : { ...what, queue });
      if (this.#happened.length > REMEMBERED) this.#happened.shift();
    };
    return { kind: rule.kind, rule, random, happened } as Strike; // Kind and rule belong together.
  }
}

function appliesTo(rule: FaultRule, call: Call): boolean {
  const concerned = actionsOf(rule);
  if (concerned !== undefined && (call.service !== 'sqs' || !concerned.includes(call.action))) return false;
  if (isForStandardQueues(rule) && call.queue?.endsWith('.fifo') === true) return false;
  return (
    (rule.service === undefined || rule.service === call.service) &&
    (rule.action === undefined || rule.action === call.action) &&
    (rule.queue === undefined || rule.queue === call.queue)
  );
}
