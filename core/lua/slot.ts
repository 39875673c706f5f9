import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** One slot: in the window of which line, and a name used for this slot only: its operation, a colon, and more. */
export interface SlotName {
  line: string;
  waiter: string;
}

/** Asks for one navigation to the site. */
export interface SlotRequest extends SlotName {
  limit: number;
  windowMs: number;
  /** How long the answer can be outstanding, at most (ms). */
  holdMs: number;
  /** The creator for whom it is. */
  creatorId: string;
}

/** What became of a request for a slot. */
export type SlotAnswer =
  | {
      granted: true;
      /** Slots of the window that are taken now, and how many there are. */
      taken: number;
      limit: number;
      /** How this navigation ends decides on the site's breaker: see breaker_probed.lua. */
      isProbe: boolean;
    }
  | {
      granted: false;
      retryInMs: number;
      /** Until when the site's window is closed, ms since the epoch; undefined: it is open. */
      closedUntilMs: number | undefined;
    };

/**
 * Takes a slot of the site's window if there is room; otherwise keeps the place among those who ask, and
 * says when it may be. Who doesn't ask again within 10 s of that time loses the place. See slot_take.lua.
 */
export async function takeSlot(
  client: ScriptClient,
  request: SlotRequest,
  now?: number,
): Promise<SlotAnswer> {
  const [granted, first, second, isProbe] = (await runScript(client, scripts.slotTake, [
    nowArgument(now),
    request.line,
    request.waiter,
    request.limit,
    Math.round(request.windowMs),
    Math.round(request.holdMs),
    request.creatorId,
  ])) as [number, number, number, number];
  return granted === 1
    ? { granted: true, taken: first, limit: second, isProbe: isProbe === 1 }
    : { granted: false, retryInMs: first, closedUntilMs: second || undefined };
}

/** The site has answered: the slot is dated to now, and the answer counted. See slot_answer.lua. */
export async function answerSlot(
  client: ScriptClient,
  slot: SlotName & { limit: number; windowMs: number },
  now?: number,
): Promise<void> {
  const { line, waiter, limit, windowMs } = slot;
  await runScript(client, scripts.slotAnswer, [nowArgument(now), line, waiter, limit, Math.round(windowMs)]);
}

/** The slot was never used, or its holder has given up waiting. See slot_return.lua. */
export async function returnSlot(client: ScriptClient, slot: SlotName): Promise<void> {
  await runScript(client, scripts.slotReturn, ['', slot.line, slot.waiter]);
}
