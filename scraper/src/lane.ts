import type { Clock } from '@huntaze/core/clock';
import type { Lease } from './heartbeat.ts';
import type { Log } from './log.ts';
import { firstLine, INTERRUPTED_RETRY_MS } from './outcome.ts';
import { MAX_BATCH, type Held, type VisibilityChange, type WorkQueue } from './queue.ts';

/** What a lane does with its head after an attempt. */
export type Disposition =
  /** It has ended and its message is deleted: the lane goes on. */
  | { kind: 'done' }
  /** Kept: not again before `retryInMs` has passed. */
  | { kind: 'retry'; retryInMs: number }
  /** It isn't ours any more. */
  | { kind: 'lost' };

/** One attempt at a message. `lease` aborts when the message is lost. Must not reject for a foreseen reason. */
export type Work = (message: Held, lease: AbortSignal) => Promise<Disposition>;

/** SQS allows 12 hours from the receive; a minute is left for the call and the clocks. */
const MAX_VISIBILITY_MS = 43_200_000 - 60_000;
/** Tries at giving back; after them the visibility that the messages still have has to do. */
const GIVE_BACK_TRIES = 3;
const GIVE_BACK_PAUSE_MS = 200;

interface LanePorts {
  queue: WorkQueue;
  work: Work;
  clock: Clock;
  log: Log;
  random: () => number;
}

/**
 * Works on the messages of one group, one at a time, in order; messages may be appended meanwhile. At the
 * first head that isn't completed the lane ends: the head gets its own visibility and the rest is given back
 * untried, because what comes after it must not overtake it. Never rejects.
 */
export async function runLane(ports: LanePorts, lane: Lease[], stop: AbortSignal): Promise<void> {
  while (lane[0] && !lane[0].signal.aborted && !stop.aborted) {
    const head = lane[0];
    const next = await attempt(ports, head);
    lane.shift();
    await head.release();
    if (next.kind === 'done') continue;
    const kept =
      next.kind === 'retry'
        ? [{ message: head.message, seconds: visibilitySeconds(next.retryInMs, head, ports.clock.now()) }]
        : [];
    return giveBack(ports, kept, lane);
  }
  return giveBack(ports, [], lane);
}

async function attempt({ work, log, random }: LanePorts, head: Lease): Promise<Disposition> {
  try {
    return await work(head.message, head.signal);
  } catch (error) {
    log.error('attempt broke off', { message_id: head.message.id, error: firstLine(error) });
    return { kind: 'retry', retryInMs: INTERRUPTED_RETRY_MS * (1 + random()) };
  }
}

/** At most what is left of the 12 hours; 0 is at once. */
function visibilitySeconds(retryInMs: number, { message }: Lease, now: number): number {
  const left = message.receivedAtMs + MAX_VISIBILITY_MS - now;
  return Math.max(0, Math.ceil(Math.min(retryInMs, left) / 1_000));
}

/** Makes the changes, and gives back at 0 all that is left in the lane and still ours. */
async function giveBack(ports: LanePorts, changes: VisibilityChange[], lane: Lease[]): Promise<void> {
  while (lane.length > 0) {
    const rest = lane.splice(0);
    await Promise.all(rest.map(lease => lease.release()));
    const ours = rest.filter(lease => !lease.signal.aborted);
    changes.push(...ours.map(({ message }) => ({ message, seconds: 0 })));
  }
  for (let i = 0; i < changes.length; i += MAX_BATCH) await change(ports, changes.slice(i, i + MAX_BATCH));
}

async function change({ queue, clock, log }: LanePorts, changes: VisibilityChange[]): Promise<void> {
  let open = changes;
  for (let tries = 1; open.length > 0; tries += 1) {
    let error = 'refused';
    try {
      const { failed } = await queue.changeVisibility(open);
      open = open.filter(({ message }) => failed.includes(message));
    } catch (thrown) {
      error = firstLine(thrown);
    }
    if (open.length === 0) return;
    if (tries === GIVE_BACK_TRIES) {
      const ids = open.map(({ message }) => message.id).join(' ');
      log.warn('giving back failed, their visibility has to end', { message_ids: ids, error });
      return;
    }
    await clock.sleep(GIVE_BACK_PAUSE_MS * tries);
  }
}
