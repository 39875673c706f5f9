import { ROOT } from './scripts.gen.ts';

/** One script: its text, and the SHA-1 by which Redis knows it. */
interface Script {
  sha: string;
  text: string;
}

/** What the scripts need of a Redis client; ioredis and iovalkey have it. */
export interface ScriptClient {
  evalsha(sha: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
  eval(text: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
}

/** Runs a script by its hash, and by its text where Redis doesn't know it yet: one round trip, once two. */
export async function runScript(
  client: ScriptClient,
  script: Script,
  args: (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.sha, 1, ROOT, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return client.eval(script.text, 1, ROOT, ...args);
  }
}

/** `now` of a call: absent, Redis's own clock is asked; given, it is a simulation's. */
export function nowArgument(now: number | undefined): string {
  return now === undefined ? '' : String(Math.floor(now));
}
