import type { Clock } from '@huntaze/core/clock';
import type { Log } from './log.ts';
import { firstLine, LeaseLost } from './outcome.ts';
import { MAX_BATCH, VISIBILITY_SECONDS, type Held, type WorkQueue } from './queue.ts';

/** Our hold on one message. */
export interface Lease {
  message: Held;
  /** Aborts with {@link LeaseLost} as soon as the message isn't surely ours any more. */
  signal: AbortSignal;
  /**
   * Ends the extensions, since the message gets another visibility now. Resolves once an extension under way
   * is through: it must not overtake that other visibility.
   */
  release(): Promise<void>;
}

/** Extends the visibility of every message that is held, until it is released or lost. */
export interface Heartbeat {
  hold(message: Held): Lease;
  /** Does what is due now. Calls to SQS go on in the background, at most one for a message. */
  beat(): void;
  /** Beats every second until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** A third of the visibility: two extensions in a row may fail. */
const EXTEND_EVERY_MS = (VISIBILITY_SECONDS * 1_000) / 3;
const RETRY_FAILED_MS = 3_000;
/** The lease is given up this long before it ends, for the clocks' and the network's sake. */
const MARGIN_MS = 5_000;
const BEAT_MS = 1_000;

interface Entry {
  message: Held;
  abort: AbortController;
  endsAtMs: number;
  extendAtMs: number;
  /** The extension under way. */
  extending: Promise<void> | undefined;
}

/** @param log gets a line for every extension that fails and every lease that is lost */
export function heartbeat(queue: WorkQueue, clock: Clock, log: Log): Heartbeat {
  const entries = new Set<Entry>();

  function lose(entry: Entry, why: string): void {
    if (!entries.delete(entry)) return;
    log.warn('lease lost', { message_id: entry.message.id, error: why });
    entry.abort.abort(new LeaseLost(`lease lost: ${why}`));
  }

  async function extend(batch: Entry[]): Promise<void> {
    const sentAt = clock.now();
    const retryAt = (entry: Entry) => (entry.extendAtMs = clock.now() + RETRY_FAILED_MS);
    try {
      const { lost, failed } = await queue.changeVisibility(
        batch.map(({ message }) => ({ message, seconds: VISIBILITY_SECONDS })),
      );
      for (const entry of batch) {
        if (lost.includes(entry.message)) lose(entry, 'SQS no longer knows it as ours');
        else if (failed.includes(entry.message)) retryAt(entry);
        else {
          entry.endsAtMs = sentAt + VISIBILITY_SECONDS * 1_000;
          entry.extendAtMs = sentAt + EXTEND_EVERY_MS;
        }
      }
    } catch (error) {
      log.warn('extending visibility failed', { messages: batch.length, error: firstLine(error) });
      batch.forEach(retryAt);
    } finally {
      for (const entry of batch) entry.extending = undefined;
    }
  }

  function beat(): void {
    const now = clock.now();
    for (const entry of entries)
      if (now >= entry.endsAtMs - MARGIN_MS) lose(entry, 'its visibility could not be extended in time');
    const due = [...entries].filter(entry => !entry.extending && now >= entry.extendAtMs);
    for (let i = 0; i < due.length; i += MAX_BATCH) {
      const batch = due.slice(i, i + MAX_BATCH);
      const extending = extend(batch);
      for (const entry of batch) entry.extending = extending;
    }
  }

  return {
    hold(message) {
      const entry: Entry = {
        message,
        abort: new AbortController(),
        endsAtMs: message.receivedAtMs + VISIBILITY_SECONDS * 1_000,
        extendAtMs: message.receivedAtMs + EXTEND_EVERY_MS,
        extending: undefined,
      };
      entries.add(entry);
      return {
        message,
        signal: entry.abort.signal,
        async release() {
          entries.delete(entry);
          await entry.extending;
        },
      };
    },
    beat,
    async run(signal) {
      while (!signal.aborted) {
        beat();
        await clock.sleep(BEAT_MS, signal).catch(() => undefined);
      }
    },
  };
}
