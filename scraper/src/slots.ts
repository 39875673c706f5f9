import { randomUUID } from 'node:crypto';
import { firstLine, Interrupted, INTERRUPTED_RETRY_MS } from './outcome.ts';
import type { Operation } from './operation.ts';

/** The site's exact window, shared by all tasks. Every call rejects when the window's store can't be had. */
export interface SlotWindow {
  /** The first call puts `waiter` in line; ask again until it is granted. */
  take(waiter: string): Promise<{ granted: true; isProbe: boolean } | { granted: false; retryInMs: number }>;
  answer(waiter: string): Promise<void>;
  giveBack(waiter: string): Promise<void>;
}

/** The right to one navigation. Exactly one of the two ends it; whatever comes after that changes nothing. */
export interface Slot {
  /** The site has answered, or may have been reached: the slot counts from now. */
  answered(): Promise<void>;
  /** The site was surely not asked. */
  unused(): Promise<void>;
}

/** A slot comes earlier than was told only where one is given back unused: then it lies idle at most so long. */
const ASK_EVERY_MS = 15_000;
/** Longer than any line of slots that is moving; then the message is better given back. */
const MAX_WAIT_MS = 20 * 60_000;
const SETTLE_TRIES = 3;
const SETTLE_PAUSE_MS = 250;

/**
 * Waits for a slot. Take it at the last moment, with everything ready, and use it at once.
 * @throws the signal's reason; Interrupted when the window can't be asked or stays full for 20 minutes
 */
export async function takeSlot(window: SlotWindow, operation: Operation): Promise<Slot> {
  const { clock, signal } = operation;
  const waiter = `${operation.operationId}:${randomUUID()}`;
  const slot = slotOf(window, waiter, operation);
  const giveUpAt = clock.now() + MAX_WAIT_MS;
  try {
    for (;;) {
      signal.throwIfAborted();
      const answer = await ask(window, waiter);
      if (answer.granted) {
        if (answer.isProbe) operation.probe = waiter;
        signal.throwIfAborted();
        return slot;
      }
      if (clock.now() >= giveUpAt)
        throw new Interrupted('no slot at the site in 20 minutes', INTERRUPTED_RETRY_MS);
      await clock.sleep(Math.min(answer.retryInMs, ASK_EVERY_MS), signal);
    }
  } catch (error) {
    await slot.unused();
    throw error;
  }
}

async function ask(window: SlotWindow, waiter: string) {
  try {
    return await window.take(waiter);
  } catch (error) {
    throw new Interrupted(`slots can't be asked for: ${firstLine(error)}`, INTERRUPTED_RETRY_MS, {
      cause: error,
    });
  }
}

function slotOf(window: SlotWindow, waiter: string, { clock, log }: Operation): Slot {
  let ended = false;
  const end = async (what: 'answer' | 'giveBack') => {
    if (ended) return;
    ended = true;
    for (let tries = 1; ; tries += 1) {
      try {
        return await window[what](waiter);
      } catch (error) {
        // Unsettled it counts until its hold time has passed: too long, never too short.
        if (tries === SETTLE_TRIES) return log.error('slot not settled', { error: firstLine(error) });
        await clock.sleep(SETTLE_PAUSE_MS * tries);
      }
    }
  };
  return { answered: () => end('answer'), unused: () => end('giveBack') };
}
