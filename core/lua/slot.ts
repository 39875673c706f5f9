import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** One slot: in the window of which line, and a name used for this slot only. */
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
}

/**
 * Takes a slot of the site's window if there is room; otherwise keeps the place among those who ask, and
 * says when it may be. Who doesn't ask again within 10 s of that time loses the place. See slot_take.lua.
 */
export async function takeSlot(
  client: ScriptClient,
  request: SlotRequest,
  now?: number,
): Promise<{ granted: true } | { granted: false; retryInMs: number }> {
  const [granted, retryInMs] = (await runScript(client, scripts.slotTake, [
    nowArgument(now),
    request.line,
    request.waiter,
    request.limit,
    Math.round(request.windowMs),
    Math.round(request.holdMs),
  ])) as [number, number];
  return granted === 1 ? { granted: true } : { granted: false, retryInMs };
}

/** The site has answered: the slot is dated to now. See slot_answer.lua. */
export async function answerSlot(client: ScriptClient, slot: SlotName, now?: number): Promise<void> {
  await runScript(client, scripts.slotAnswer, [nowArgument(now), slot.line, slot.waiter]);
}

/** The slot was never used, or its holder has given up waiting. See slot_return.lua. */
export async function returnSlot(client: ScriptClient, slot: SlotName): Promise<void> {
  await runScript(client, scripts.slotReturn, ['', slot.line, slot.waiter]);
}
