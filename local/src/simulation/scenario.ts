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
}

/** One operation, as it went. Times are ms from the beginning. */
export interface Passage {
  operationId: string;
  request: OperationRequest;
  acceptedAtMs: number;
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
}

/** What came of it. */
export interface Simulated {
  /** In the order in which they were accepted. */
  passages: Passage[];
  /** Requests that the API refused because it couldn't reach Redis or the queue. */
  refused: number;
  /** By the simulation's clock (ms since the epoch), as in the operations' results. */
  siteLog: SiteLogEntry[];
  forwarded: Forwarded[];
  /** How many operations were accepted and not ended, every `stepMs`. */
  waiting: { stepMs: number; counts: number[] };
  invocations: number;
  killed: number;
  receives: number;
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
