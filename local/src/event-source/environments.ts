import type { Clock } from '@huntaze/core/clock';
import { Environment, INIT_TIMEOUT_MS, NotTaken, type RuntimeProcess } from './environment.ts';
import type { FunctionRuntime, Invocation } from './invocation.ts';

export interface EnvironmentsOptions {
  runtime: RuntimeProcess;
  /** How many processes at most. */
  maximum: number;
  clock: Clock;
}

/** A function in processes of its own, as Lambda runs it. */
export interface Environments extends FunctionRuntime {
  /**
   * Starts one process before there is an event for it: tells at the start what every invocation would fail with.
   * @throws FunctionError
   */
  warm(): Promise<void>;
  /** Ends every process, also in the middle of an invocation; resolves when all are gone. */
  stop(): Promise<void>;
  /** The same at once, for when this process is ending. */
  killNow(): void;
}

/**
 * Runs a function in execution environments: started when an invocation finds none that is idle, kept for the next
 * one, killed at a time-out, replaced when one has ended.
 */
export function startEnvironments({ runtime, maximum, clock }: EnvironmentsOptions): Environments {
  const alive = new Set<Environment>();
  /** Those that are about to have a process. */
  let unborn = 0;
  /** The one used last is last. */
  let idle: Environment[] = [];
  let isStopped = false;

  const forget = () => {
    for (const environment of alive) if (!environment.isAlive) alive.delete(environment);
    idle = idle.filter(environment => environment.isAlive);
  };

  const start = async (): Promise<Environment> => {
    if (isStopped) throw new Error('the execution environments are stopped');
    if (alive.size + unborn >= maximum) throw new Error(`no more than ${maximum} execution environments`);
    unborn += 1;
    let isBorn = false;
    try {
      return await Environment.start(runtime, clock, environment => {
        isBorn = true;
        unborn -= 1;
        alive.add(environment);
        if (isStopped) environment.killNow();
      });
    } finally {
      if (!isBorn) unborn -= 1;
      forget();
    }
  };

  const invoke = async (invocation: Invocation): Promise<unknown> => {
    forget();
    const environment = idle.pop() ?? (await start());
    try {
      return parse(await environment.invoke(invocation));
    } catch (error) {
      if (error instanceof NotTaken) return await invoke(invocation);
      throw error;
    } finally {
      idle.push(environment);
      forget();
    }
  };

  const killNow = () => {
    isStopped = true;
    for (const environment of alive) environment.killNow();
  };

  return {
    initTimeoutMs: INIT_TIMEOUT_MS,
    invoke,
    warm: async () => {
      const environment = await start();
      idle.push(environment);
    },
    stop: async () => {
      isStopped = true;
      await Promise.all([...alive].map(environment => environment.kill()));
    },
    killNow,
  };
}

/** A response that isn't JSON stays what it is: the event source judges it. */
function parse(response: string): unknown {
  try {
    return JSON.parse(response) as unknown;
  } catch {
    return response;
  }
}
