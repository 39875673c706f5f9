import type { Clock } from '@huntaze/core/clock';
import { isEnded, type OperationRequest } from '@huntaze/core/operations';
import { audit, type Outcome, type Summary } from './audit.ts';
import type { Client, Seen } from './client.ts';

/** One operation of a running job. */
export interface Entry {
  operationId: string;
  request: OperationRequest;
  seen: Seen | undefined;
}

/** What a job tells while it runs. */
export interface Observer {
  /** After every look at the operations. */
  progress(entries: readonly Entry[], now: number): void;
}

export interface JobOptions {
  /** Begins the idempotency key of every request. */
  id: string;
  /** When it began, ms since the epoch: earlier, if it goes on after a break. */
  begunAt: number;
  limit: number;
  windowMs: number;
  accountOf: (creatorId: string) => string;
  /** Given up when nothing has changed for this long (ms). */
  patienceMs: number;
  signal: AbortSignal;
}

/** How often the operations are looked at (ms). */
const LOOK_MS = 500;
/** At most so many of them at a time: those that are next. */
const MOST_LOOKS = 50;

export interface JobReport {
  entries: Entry[];
  outcomes: Outcome[];
  summary: Summary;
}

/** Puts every request through the pipeline, in order, and follows them until all have ended. */
export async function runJob(
  client: Client,
  requests: OperationRequest[],
  options: JobOptions,
  clock: Clock,
  observer: Observer,
): Promise<JobReport> {
  const entries: Entry[] = [];
  for (const [index, request] of requests.entries()) {
    options.signal.throwIfAborted();
    const operationId = await client.submit(request, `${options.id}-${index}`);
    entries.push({ operationId, request, seen: undefined });
  }
  await follow(client, entries, options, clock, observer);
  const outcomes: Outcome[] = [];
  for (const { operationId, request, seen } of entries)
    outcomes.push({
      operationId,
      creatorId: request.creator_id,
      kind: request.kind,
      state: seen?.state,
      attempts: seen?.attempts ?? 0,
      receives: seen?.receives ?? 0,
      error: seen?.error,
      result: await client.result(request.creator_id, operationId),
    });
  const { accountOf, begunAt, limit, windowMs } = options;
  const own = new Set(entries.map(entry => entry.operationId));
  const others = (await client.noted(begunAt)).flatMap(({ operation_id, creator_id, kind, attempts }) =>
    own.has(operation_id) ? [] : { creatorId: creator_id, kind, attempts },
  );
  // What the site logged before this job isn't this job's doing.
  const log = (await client.siteLog()).filter(line => line.at_ms >= begunAt);
  const summary = audit(outcomes, others, log, accountOf, { limit, windowMs, wallMs: clock.now() - begunAt });
  return { entries, outcomes, summary };
}

async function follow(
  client: Client,
  entries: Entry[],
  options: JobOptions,
  clock: Clock,
  observer: Observer,
): Promise<void> {
  let changed = clock.now();
  for (;;) {
    const open = entries.filter(entry => !entry.seen || !isEnded(entry.seen.state));
    observer.progress(entries, clock.now());
    if (open.length === 0 || clock.now() - changed > options.patienceMs) return;
    for (const entry of open.slice(0, MOST_LOOKS)) {
      options.signal.throwIfAborted();
      const before = entry.seen?.state;
      entry.seen = await client.see(entry.operationId);
      if (entry.seen?.state !== before) changed = clock.now();
    }
    await clock.sleep(LOOK_MS, options.signal);
  }
}
