import type { Clock } from '@huntaze/core/clock';
import { isEnded, type State } from '@huntaze/core/operations';
import type { EffectFault, Fault } from '../../../local/src/site/faults.ts';
import { descendants, kill9 } from '../../../test/support/processes.ts';
import { Interrupted } from '../../src/outcome.ts';
import type { Ours, Planned } from './plan.ts';
import type { Parts, Task, Troublemaker } from './tasks.ts';

const never = new Promise<never>(() => undefined);
/** Longer than any lease (ms). */
const FROZEN_MS = 40_000;

/** What is left of an operation's troubles. */
interface Left {
  pages: Fault[];
  effects: EffectFault[];
  ours: Set<Ours>;
}

/** Everything that the plan wants to go wrong, at the time when its operation comes to it; each once. */
export class Chaos implements Troublemaker {
  /** Which troubles have struck, and how often. */
  readonly struck = new Map<string, number>();
  /** Operations in the order in which they were first said to have ended. */
  readonly ended: Planned[] = [];
  readonly #byId: Map<string, Planned>;
  readonly #left: Map<string, Left>;
  /** The operation that a creator's account is busy with. */
  readonly #current = new Map<string, Planned>();
  readonly #frozen = new Set<string>();
  readonly #clock: Clock;
  readonly #onDeath: (task: Task) => void;
  readonly #onEnd: (
    planned: Planned,
    again: 'sent again' | 'sent again, forgotten by Redis' | undefined,
  ) => Promise<void>;

  constructor(
    planned: Planned[],
    clock: Clock,
    onDeath: (task: Task) => void,
    onEnd: (
      planned: Planned,
      again: 'sent again' | 'sent again, forgotten by Redis' | undefined,
    ) => Promise<void>,
  ) {
    this.#byId = new Map(planned.map(one => [one.id, one]));
    this.#left = new Map(
      planned.map(({ id, troubles }) => [
        id,
        {
          pages: troubles.flatMap(({ pages = [] }) => pages),
          effects: troubles.flatMap(({ effect }) => effect ?? []),
          ours: new Set(troubles.flatMap(({ ours }) => ours ?? [])),
        },
      ]),
    );
    this.#clock = clock;
    this.#onDeath = onDeath;
    this.#onEnd = onEnd;
  }

  page(creatorId: string): Fault | undefined {
    const fault = next(this.#leftOf(creatorId)?.pages);
    if (fault) this.#count(fault.kind === 'status' ? `page ${fault.status}` : `page ${fault.kind}`);
    return fault;
  }

  effect(creatorId: string): EffectFault | undefined {
    const fault = next(this.#leftOf(creatorId)?.effects);
    if (fault)
      this.#count(`effect ${fault.takesEffect ? 'done' : 'not done'} ${JSON.stringify(fault.answer)}`);
    return fault;
  }

  #leftOf(creatorId: string): Left | undefined {
    return this.#left.get(this.#current.get(creatorId)?.id ?? '');
  }

  #count(name: string): void {
    this.struck.set(name, (this.struck.get(name) ?? 0) + 1);
  }

  /** Whether this is to go wrong now: once. */
  #strikes(id: string, what: Ours): boolean {
    const strikes = this.#left.get(id)?.ours.delete(what) ?? false;
    if (strikes) this.#count(what);
    return strikes;
  }

  #kill(task: Task): void {
    task.die();
    this.#onDeath(task);
  }

  async #freeze(messageId: string): Promise<void> {
    this.#frozen.add(messageId);
    await this.#clock.sleep(FROZEN_MS);
    this.#frozen.delete(messageId);
  }

  /** Notes an operation that has ended; only the first time counts. */
  async #hasEnded(id: string, state: State): Promise<void> {
    const planned = this.#byId.get(id);
    if (!planned || !isEnded(state) || this.ended.includes(planned)) return;
    this.ended.push(planned);
    const again = (['sent again', 'sent again, forgotten by Redis'] as const).find(what =>
      this.#strikes(id, what),
    );
    await this.#onEnd(planned, again);
  }

  parts({ queue, ledger, results, journal }: Parts, task: Task): Parts {
    const failing = (id: string, what: Ours) => {
      if (this.#strikes(id, what)) throw new Error(`a test: ${what}`);
    };
    const idOf = ({ body }: { body: string }) => /"operation_id":"([^"]+)"/.exec(body)?.[1] ?? '';
    return {
      queue: {
        receive: signal => queue.receive(signal),
        deadLetter: (message, why) => queue.deadLetter(message, why),
        remove: async message => {
          failing(idOf(message), 'message not deleted');
          await queue.remove(message);
        },
        // Of a process that stands still nothing is heard.
        changeVisibility: async changes => {
          const [still, rest] = [true, false].map(is =>
            changes.filter(({ message }) => this.#frozen.has(message.id) === is),
          ) as [typeof changes, typeof changes];
          const { lost, failed } =
            rest.length === 0 ? { lost: [], failed: [] } : await queue.changeVisibility(rest);
          return { lost, failed: [...failed, ...still.map(({ message }) => message)] };
        },
      },
      ledger: {
        note: (ids, tried) => ledger.note(ids, tried),
        start: async ids => {
          const started = await ledger.start(ids);
          const planned = this.#byId.get(ids.operationId);
          if (planned && started.state === 'running') this.#current.set(ids.creatorId, planned);
          // A task may have died between noting the end and hearing that it was noted.
          await this.#hasEnded(ids.operationId, started.state);
          return started;
        },
        end: async end => {
          if (isEnded(end.state)) failing(end.operationId, 'end not noted');
          await ledger.end(end);
          if (this.#strikes(end.operationId, 'task dies as its end is noted')) this.#kill(task);
          if (task.isDead()) return never;
          await this.#hasEnded(end.operationId, end.state);
        },
      },
      results: {
        ended: (ids, signal) => results.ended(ids, signal),
        putScreenshot: (ids, png) => results.putScreenshot(ids, png),
        putTrace: (ids, trace) => results.putTrace(ids, trace),
        put: async result => {
          failing(result.operation_id, 'result not stored');
          await results.put(result);
        },
      },
      journal: {
        last: operation => journal.last(operation),
        answered: (operation, entry, status) => journal.answered(operation, entry, status),
        note: async (operation, entry) => {
          const { operationId, message } = operation;
          if (this.#strikes(operationId, 'journal not written'))
            throw new Interrupted('a test: the journal is out of reach', 5_000);
          const there = await journal.note(operation, entry);
          if (!there && this.#strikes(operationId, 'freeze before the click')) await this.#freeze(message.id);
          return there;
        },
      },
    };
  }

  driver(driver: Parameters<Troublemaker['driver']>[0], task: Task): ReturnType<Troublemaker['driver']> {
    return {
      ...driver,
      run: async operation => {
        const { operationId, message } = operation;
        if (this.#strikes(operationId, 'task dies')) this.#kill(task);
        if (this.#strikes(operationId, 'freeze')) await this.#freeze(message.id);
        const isKilled = this.#strikes(operationId, 'browser killed');
        const running = driver.run(operation);
        if (isKilled) killBrowsers();
        return running;
      },
    };
  }
}

function next<T extends { times?: number }>(faults: T[] | undefined): T | undefined {
  return faults?.[0]?.times === Infinity ? faults[0] : faults?.shift();
}

/** Every browser of this process. */
function killBrowsers(): void {
  for (const child of descendants(process.pid))
    if (child.command.includes('--remote-debugging-pipe')) kill9(child);
}
