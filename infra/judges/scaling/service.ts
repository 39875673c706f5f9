import type { Strategy } from './rules.ts';
import type { Worker } from './work.ts';

interface Task extends Worker {
  readonly provider: string;
  /** It is pending until then (s). */
  readonly readyAtS: number;
  /** It isn't chosen until then (s). */
  protectedUntilS: number;
}

interface Ports {
  /** How long a task takes from being wanted to working (s). */
  startS: number;
  /** Whether a provider has room now. */
  hasRoom: (provider: string) => boolean;
  /** What comes of a task's call to be kept from being chosen; `refused`: not beyond what the service wants. */
  protection: 'granted' | 'refused' | 'none';
  /** A task has gone, however. */
  gone: (task: Worker) => void;
}

/** A task with work asks for so long (s), and again when half of it has passed: `scraper/src/protection.ts`. */
const PROTECTED_S = 30 * 60;

/** ECS tries again about so often (s), and says each time that it couldn't. Assumed. */
const TRY_AGAIN_S = 60;

/** A service of ECS: keeps as many tasks as it is told to. */
export class Service {
  desired: number;
  readonly tasks: Task[] = [];
  /** What ECS said last (s). */
  failedAtS: number | undefined;
  steadyAtS: number | undefined;
  changedAtS: number | undefined;
  /** Busy tasks that were stopped by scaling in. */
  cutOff = 0;
  readonly #strategy: Strategy;
  readonly #ports: Ports;
  #isSteady = true;

  constructor(strategy: Strategy, desired: number, ports: Ports) {
    this.#strategy = strategy;
    this.#ports = ports;
    this.desired = desired;
  }

  counts(nowS: number): { desired: number; running: number; pending: number } {
    const running = this.tasks.filter(({ readyAtS }) => nowS >= readyAtS).length;
    return { desired: this.desired, running, pending: this.tasks.length - running };
  }

  /** Places and stops. @returns what ECS says of it, if anything */
  schedule(nowS: number): 'failure' | 'steady' | undefined {
    this.#stopExcess(nowS);
    const failed = this.#place(nowS);
    const { desired, running, pending } = this.counts(nowS);
    const isSteady = running === desired && pending === 0;
    const becameSteady = isSteady && !this.#isSteady;
    this.#isSteady = isSteady;
    if (failed) this.failedAtS = nowS;
    if (becameSteady) this.steadyAtS = nowS;
    return failed ? 'failure' : becameSteady ? 'steady' : undefined;
  }

  /** A provider wants its room back. */
  interrupt(provider: string, nowS: number): void {
    for (const task of this.tasks.filter(one => one.provider === provider)) this.#remove(task, nowS);
  }

  /** Each task says whether it has work. */
  protect(nowS: number): void {
    const { protection } = this.#ports;
    if (protection === 'none') return;
    for (const task of this.tasks) {
      if (task.lanes.size === 0) task.protectedUntilS = 0;
      else if (nowS >= task.protectedUntilS - PROTECTED_S / 2) {
        const others = this.tasks.filter(one => one !== task && nowS < one.protectedUntilS).length;
        if (protection === 'granted' || others < this.desired) task.protectedUntilS = nowS + PROTECTED_S;
      }
    }
  }

  #place(nowS: number): boolean {
    const isWaiting = this.failedAtS !== undefined && nowS < this.failedAtS + TRY_AGAIN_S;
    while (this.tasks.length < this.desired) {
      const provider = this.#next();
      if (!this.#ports.hasRoom(provider)) return !isWaiting;
      this.tasks.push({
        provider,
        readyAtS: nowS + this.#ports.startS,
        lanes: new Map(),
        protectedUntilS: 0,
      });
      this.changedAtS = nowS;
    }
    return false;
  }

  /** First the base, then by weight. */
  #next(): string {
    const has = (provider: string) => this.tasks.filter(task => task.provider === provider).length;
    const lacking = this.#strategy.find(({ provider, base }) => has(provider) < base);
    if (lacking) return lacking.provider;
    const share = ({ provider, base, weight }: Strategy[number]) => (has(provider) - base) / weight;
    const [next] = this.#strategy.filter(({ weight }) => weight > 0).toSorted((a, b) => share(a) - share(b));
    if (!next) throw new Error('no capacity provider has a weight');
    return next.provider;
  }

  /** The newest first, the base last; a protected task never, and one that goes idle as soon as it does. */
  #stopExcess(nowS: number): void {
    const baseOf = new Map(this.#strategy.map(({ provider, base }) => [provider, base]));
    const mayGo = this.tasks.filter(({ provider, protectedUntilS }, index) => {
      const rank = this.tasks.slice(0, index).filter(one => one.provider === provider).length;
      return rank >= (baseOf.get(provider) ?? 0) && nowS >= protectedUntilS;
    });
    const excess = Math.max(0, this.tasks.length - this.desired);
    for (const task of mayGo.toReversed().slice(0, excess)) {
      if (task.lanes.size > 0) this.cutOff += 1;
      this.#remove(task, nowS);
    }
  }

  #remove(task: Task, nowS: number): void {
    this.tasks.splice(this.tasks.indexOf(task), 1);
    this.changedAtS = nowS;
    this.#ports.gone(task);
  }
}
