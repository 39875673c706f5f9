import { lineOf, limitArguments, type ScopedLimit } from './line.ts';
import { nowArgument, runScript, type ScriptClient } from './run.ts';
import * as scripts from './scripts.gen.ts';

/**
 * The site has answered 429 to a creator, and named a time (ms since the epoch). Returns until when the site's window
 * is closed. See site_refused.lua.
 */
export async function siteRefused(
  client: ScriptClient,
  limit: ScopedLimit,
  { creatorId, untilMs }: { creatorId: string; untilMs: number },
  now?: number,
): Promise<number> {
  const [tokens, windowMs] = limitArguments(limit);
  return (await runScript(client, scripts.siteRefused, [
    nowArgument(now),
    lineOf(limit.scope, creatorId),
    creatorId,
    Math.ceil(untilMs),
    tokens,
    windowMs,
  ])) as number;
}

/** Why the breaker is opened, by whose operations, and for how long the first time and at most (ms). */
export interface Opening {
  creatorId: string;
  why: string;
  firstMs: number;
  longestMs: number;
}

/** The site fails: nobody asks anything of it for a while. Returns until when (ms since the epoch). See breaker_open.lua. */
export async function openBreaker(client: ScriptClient, opening: Opening, now?: number): Promise<number> {
  const { creatorId, why, firstMs, longestMs } = opening;
  return (await runScript(client, scripts.breakerOpen, [
    nowArgument(now),
    '',
    creatorId,
    firstMs,
    longestMs,
    why,
  ])) as number;
}

/**
 * The breaker's probe has ended: the site has answered, or nobody knows. False: that slot isn't the probe's (any more).
 * See breaker_probed.lua.
 */
export async function endProbe(client: ScriptClient, holder: string, isWell: boolean): Promise<boolean> {
  return (await runScript(client, scripts.breakerProbed, ['', '', holder, isWell ? 1 : 0])) === 1;
}
