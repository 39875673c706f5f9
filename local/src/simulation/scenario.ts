import type { ScopedLimit } from '@huntaze/core/lua';
import type { OperationRequest, State } from '@huntaze/core/operations';
import type { Result } from '@huntaze/scraper/results';
import type { FaultPlanInput } from '../aws/faults/plan.ts';
import type { SiteLogEntry } from '../site/log.ts';
import type { Workload } from './workload.ts';

/** What is to be simulated. */
export interface Scenario extends Workload {
  /** Decides everything that is random. */
  seed: number;
  limit: ScopedLimit;
  /** Scraper tasks, each with so many lanes. */
  tasks: number;
  concurrency: number;
  /** Invocations of the limiter at the same time. */
  pollers: number;
  /** Median time of a page's answer (s). */
  secondsPerPage: number;
  /** The share of the site's answers that are a 502. */
  siteFailures: number;
  /** The share of the limiter's invocations that are killed, at any moment. */
  limiterDeaths: number;
  /** What goes wrong at the queues. */
  faults?: FaultPlanInput | undefined;
  /** How often Redis fails, at any moment and in any way that redis-mishaps.ts knows; absent: never. */
  redisFailures?: number | undefined;
  /** How many scraper tasks die; another takes the place of each. */
  taskDeaths?: number | undefined;
  /** No scraper is there before (ms): what is let through piles up in the workflows queue. */
  tasksAfterMs?: number | undefined;
  /** How often an operator does something, at any moment: see operators.ts. */
  operatorActions?: number | undefined;
}

/** One operation, as it went. Times are ms from the beginning. */
export interface Passage {
  operationId: string;
  request: OperationRequest;
  acceptedAtMs: number;
  /** When its message came into the workflows queue first; undefined if it never did. */
  forwardedAtMs: number | undefined;
  /** How often its message came into the workflows queue. */
  forwards: number;
  /** How often the limiter received its message. */
  receives: number;
  /** Its last state; undefined if it hasn't ended. */
  state: State | undefined;
  endedAtMs: number | undefined;
  result: Result | undefined;
}

/** A message that came into the workflows queue. */
export interface Forwarded {
  /** By the simulation's clock, ms since the epoch. */
  atMs: number;
  creatorId: string;
  operationId: string;
}

/** What reached the site, and in whose name. */
export interface SimulatedSiteLogEntry extends SiteLogEntry {
  operationId: string;
}

/** An attempt that a scraper began, and when it asked whether it may: by the simulation's clock. */
export interface Begun {
  operationId: string;
  atMs: number;
  creatorId: string;
}

/** From when until when a creator, or everybody ('*'), was paused: by the simulation's clock. */
export interface Pause {
  who: string;
  fromMs: number;
  untilMs: number;
}

/** A limit, and from when on it was in force: by the simulation's clock. */
export interface LimitInForce {
  fromMs: number;
  limit: number;
}

/** What came of it. */
export interface Simulated {
  /** In the order in which they were accepted. */
  passages: Passage[];
  /** Requests that the API refused because it couldn't reach Redis or the queue. */
  refused: number;
  /** By the simulation's clock (ms since the epoch), as in the operations' results. */
  siteLog: SimulatedSiteLogEntry[];
  forwarded: Forwarded[];
  /** Attempts that were begun, whatever came of them. */
  begun: Begun[];
  /** What operators did. */
  pauses: Pause[];
  closures: Pause[];
  /** In order; the first from the beginning. */
  limits: LimitInForce[];
  /** When Redis forgot everything, or something: by the simulation's clock. */
  memoryLostAtMs: number[];
  /** How Redis failed, and what operators did: how often each, by name. */
  redisFailures: Record<string, number>;
  operatorActions: Record<string, number>;
  /** How many operations were accepted and not ended, every `stepMs`. */
  waiting: { stepMs: number; counts: number[] };
  invocations: number;
  killed: number;
  /** Of scraper tasks. */
  tasksKilled: number;
  receives: number;
  /** Messages that the limiter sent on more than once. */
  sentAgain: number;
  redisCalls: number;
  /** How often each rule of the fault plan struck. */
  injected: number[];
  /** Until everything had ended, or it was given up (ms). */
  simulatedMs: number;
  /** Messages that were left, by queue. */
  left: Record<string, number>;
  /** Why it didn't come to its end, if it didn't. */
  stalled: string | undefined;
}
