import { siteBreaker } from '../src/breaker.ts';
import { gate } from '../src/gate.ts';
import type { Disposition } from '../src/lane.ts';
import type { Operation } from '../src/operation.ts';
import { worker } from '../src/work.ts';
import { HandClock } from './clock.ts';
import {
  FakeLedger,
  FakeLog,
  FakeQueue,
  FakeResults,
  FakeSiteState,
  held,
  noMetrics,
  profileBody,
} from './fakes.ts';

/** One attempt at a message, at a site that does what `run` says. */
export function setUp(run: (operation: Operation) => Promise<unknown>) {
  const clock = new HandClock();
  const queue = new FakeQueue();
  const ledger = new FakeLedger();
  const results = new FakeResults();
  const log = new FakeLog();
  const working = new AbortController();
  const lease = new AbortController();
  const metrics: [boolean, number][] = [];
  const counted: string[] = [];
  const site = new FakeSiteState();
  const opening = gate();
  const measure = {
    ...noMetrics,
    ended: (success: boolean, ms: number) => void metrics.push([success, ms]),
    siteChanged: () => void counted.push('site changed'),
    throttled: () => void counted.push('throttled'),
    breaker: (isOpen: boolean) => void counted.push(isOpen ? 'breaker opened' : 'breaker closed'),
  };
  const runs: Operation[] = [];
  const work = worker(
    {
      queue,
      ledger,
      results,
      clock,
      log,
      maxFailures: 3,
      random: () => 0,
      metrics: measure,
      site,
      gate: opening,
      breaker: siteBreaker(site, opening, measure),
      driver: {
        supports: kind => kind === 'profile.scrape',
        run: operation => {
          runs.push(operation);
          return run(operation);
        },
        screenshot: async () => new Uint8Array([1]),
        trace: () => [{ event: 'crash' }],
      },
    },
    working.signal,
  );
  /** Runs one attempt to its end, however long it waits. */
  const attempt = async (body = profileBody()): Promise<Disposition> => {
    const over = work(held('m1', 'ada', clock.now(), body), lease.signal);
    over.catch(() => undefined);
    await clock.advance(20_000);
    return over;
  };
  return {
    clock,
    queue,
    ledger,
    results,
    log,
    working,
    lease,
    metrics,
    counted,
    site,
    gate: opening,
    runs,
    attempt,
  };
}

/** A site that always fails so. */
export function failing(error: Error): () => Promise<never> {
  return async () => {
    throw error;
  };
}
