import type { Trigger } from './event.ts';

/** How many tasks a service is to have, and has. */
export interface ServiceCounts {
  desired: number;
  running: number;
  pending: number;
}

/** What is there. Times are ms since the epoch. */
export interface Situation {
  /** The service on Spot, and what Application Auto Scaling may choose for it. */
  main: ServiceCounts & { min: number; max: number };
  standIn: ServiceCounts;
  /** When the main service last said that it can't place a task, and that it has all it wants. */
  failedAtMs: number | undefined;
  steadyAtMs: number | undefined;
  /** When anything last happened to the stand-in. */
  standInChangedAtMs: number | undefined;
}

/** One call that changes something. Each is safe by itself: whoever made it may die right after it. */
export type Step =
  | { do: 'set main max'; to: number }
  | { do: 'set main desired'; to: number }
  | { do: 'set stand-in desired'; to: number };

/**
 * The stand-in is left alone for so long (ms) before a part of it is let go to see whether Spot is back. Where it
 * isn't, a try costs that part for as long as it takes to hear so. All of a stand-in of 9 takes four tries.
 */
export const REST_MS = 15 * 60_000;

/**
 * Whether the main service is short of capacity: its last failure is newer than its last steady state, whichever
 * way they were heard of. So an event that comes late, twice or out of order says nothing new.
 */
function isShort({ failedAtMs, steadyAtMs }: Situation, trigger: Trigger): boolean {
  const failed = Math.max(
    failedAtMs ?? -Infinity,
    trigger.is === 'placement failure' ? trigger.atMs : -Infinity,
  );
  const steady = Math.max(steadyAtMs ?? -Infinity, trigger.is === 'steady state' ? trigger.atMs : -Infinity);
  return failed > -Infinity && failed >= steady;
}

/** What runs of a service, or is about to. */
function runsOf({ running, pending }: ServiceCounts): number {
  return running + pending;
}

/** What may run of a service now, or will without anybody's doing. */
function mayRun(counts: ServiceCounts): number {
  return Math.max(counts.desired, runsOf(counts));
}

/**
 * How many tasks the stand-in is to have, where the main service is short; undefined where it isn't, or lacks nothing
 * any more. To be decided once: as soon as the main service is told to want no more than it has, it lacks nothing.
 */
export function wantedOfStandIn(seen: Situation, trigger: Trigger, maxTasks: number): number | undefined {
  const { main, standIn } = seen;
  const lacking = main.desired - runsOf(main);
  if (lacking <= 0 || !isShort(seen, trigger)) return undefined;
  // What the stand-in was told to have and hasn't yet is meant for the same lack.
  const helping = Math.min(standIn.desired, standIn.running);
  return Math.min(maxTasks, Math.max(standIn.desired, helping + lacking));
}

/**
 * The next call, or undefined where nothing is to be done. Room is moved between the two services, never made: what
 * the main service may have at most (`max`) and what may run of the stand-in make `maxTasks` together at most. The
 * side that gets room gets it last, and only what the other side has been seen to have let go; so the sum holds
 * wherever the sequence is broken off.
 * @param wanted what `wantedOfStandIn` said
 * @param now ms since the epoch
 */
export function plan(
  seen: Situation,
  wanted: number | undefined,
  maxTasks: number,
  now: number,
): Step | undefined {
  const step = repair(seen, maxTasks);
  if (step) return step;
  return wanted === undefined ? giveBack(seen, maxTasks, now) : raise(seen, wanted, maxTasks);
}

/** Somebody else, a deployment say, has set what doesn't fit. No task of the main service is stopped for it. */
function repair({ main, standIn }: Situation, maxTasks: number): Step | undefined {
  const most = Math.max(main.min, runsOf(main), maxTasks - mayRun(standIn));
  if (main.max > most) return { do: 'set main max', to: most };
  // Application Auto Scaling does so itself, but later.
  if (main.desired > main.max) return { do: 'set main desired', to: main.max };
  const room = Math.max(0, maxTasks - Math.max(main.max, runsOf(main)));
  return standIn.desired > room ? { do: 'set stand-in desired', to: room } : undefined;
}

/** The stand-in takes over what the main service lacks, and never what runs there. */
function raise({ main, standIn }: Situation, wanted: number, maxTasks: number): Step | undefined {
  const to = Math.min(wanted, maxTasks - Math.max(main.min, runsOf(main)));
  if (to <= standIn.desired) return undefined;
  if (main.max > maxTasks - to) return { do: 'set main max', to: maxTasks - to };
  return { do: 'set stand-in desired', to };
}

/**
 * What the stand-in has let go goes back to the main service; then, if all is quiet, a part of the rest is let go:
 * half where the main service doesn't use what it may have, else as many tasks as have found room there already.
 */
function giveBack(
  { main, standIn, standInChangedAtMs }: Situation,
  maxTasks: number,
  now: number,
): Step | undefined {
  const room = maxTasks - mayRun(standIn);
  if (main.max < room) return { do: 'set main max', to: room };
  const isSettled = main.running >= main.desired && runsOf(standIn) <= standIn.desired;
  const isRested = now - (standInChangedAtMs ?? -Infinity) >= REST_MS;
  if (!isSettled || !isRested || standIn.desired === 0) return undefined;
  const part = main.desired < main.max ? Math.ceil(standIn.desired / 2) : Math.max(1, main.running);
  return { do: 'set stand-in desired', to: Math.max(0, standIn.desired - part) };
}
