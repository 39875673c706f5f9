import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/** A code is taken as awaited for so long after somebody has asked for it last, which happens every second (ms). */
const ASKED_HOLDS_MS = 5_000;

/**
 * Keeps a one-time code for a creator's login, for so many ms. Returns until when, ms since the epoch. See code_put.lua.
 */
export async function putCode(
  client: ScriptClient,
  { creatorId, code, keptMs }: { creatorId: string; code: string; keptMs: number },
  now?: number,
): Promise<number> {
  return (await runScript(client, scripts.codePut, [nowArgument(now), creatorId, code, keptMs])) as number;
}

/**
 * Takes a creator's one-time code, once; undefined: there is none. See code_take.lua.
 * @param awaitedUntilMs until when it is asked for again, ms since the epoch; undefined: this was the last time
 */
export async function takeCode(
  client: ScriptClient,
  creatorId: string,
  awaitedUntilMs: number | undefined,
): Promise<string | undefined> {
  const until = awaitedUntilMs === undefined ? '' : Math.ceil(awaitedUntilMs);
  const code = (await runScript(client, scripts.codeTake, [creatorId, until, ASKED_HOLDS_MS])) as string;
  return code === '' ? undefined : code;
}

/** What is known of a creator's login. All times in ms since the epoch. */
export interface LoginState {
  /** The site doesn't let it in; undefined: nothing is known against it. */
  halted: { sinceMs: number; why: string } | undefined;
  /** Until then a login waits for a one-time code. */
  codeAwaitedUntilMs: number | undefined;
  /** Until then a code is kept that nobody has taken. */
  codeKeptUntilMs: number | undefined;
}

/** What is known of a creator's login; never the code. See login_state.lua. */
export async function readLogin(client: ScriptClient, creatorId: string, now?: number): Promise<LoginState> {
  const [since, why, awaited, kept] = (await runScript(client, scripts.loginState, [
    nowArgument(now),
    creatorId,
  ])) as [number, string, number, number];
  return {
    halted: since === 0 ? undefined : { sinceMs: since, why },
    codeAwaitedUntilMs: awaited || undefined,
    codeKeptUntilMs: kept || undefined,
  };
}
