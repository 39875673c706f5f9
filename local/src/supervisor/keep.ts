import { setTimeout as after } from 'node:timers/promises';
import { startPart, type End, type Part, type PartSpec, type Watch } from './part.ts';
import { MOST_ENDS, restarts, WITHIN_MS } from './restarts.ts';

/** A part that is started again whenever it ends by itself. */
export interface KeptPart {
  name: string;
  /** Settles, with one line for a person, when it has ended so often that it is given up. */
  givenUp: Promise<string>;
  /** Asks it to stop, and after `graceMs` ends it. It isn't started again, not even if that was under way. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts a part and keeps it running.
 * @param say told, in one line, when it has ended and is up again, and when a try to start it again failed
 * @throws StartError, or the signal's reason, when the first start fails
 */
export async function keepPart(
  spec: PartSpec,
  { say, signal, watch }: { say: (line: string) => void; signal: AbortSignal; watch: Watch },
): Promise<KeptPart> {
  const givenUp = Promise.withResolvers<string>();
  const stopping = new AbortController();
  const waitAfter = restarts();
  let part: Part | undefined = await startPart(spec, signal, watch);

  async function keep(): Promise<void> {
    for (;;) {
      const upFrom = performance.now();
      const end = await part!.ended;
      if (stopping.signal.aborted) return;
      part = await startAgain(end, performance.now() - upFrom);
      if (!part) return;
    }
  }

  /** Undefined: it is given up, or to be stopped. */
  async function startAgain(end: End, upMs: number): Promise<Part | undefined> {
    const downFrom = performance.now();
    let wait = waitAfter(downFrom, upMs);
    let reason = end.lastWords === undefined ? end.how : `${end.how}: ${end.lastWords}`;
    while (wait !== 'give up') {
      try {
        await after(wait, undefined, { signal: stopping.signal });
        const again = await startPart(spec, stopping.signal, watch);
        if (stopping.signal.aborted) await again.stop(0);
        stopping.signal.throwIfAborted();
        const downS = ((performance.now() - downFrom) / 1_000).toFixed(1);
        say(`${spec.name} has ended (${end.how}); started again after ${downS} s`);
        return again;
      } catch (error) {
        if (stopping.signal.aborted) return undefined;
        reason = error instanceof Error ? error.message : String(error);
        wait = waitAfter(performance.now(), 0);
        if (wait !== 'give up') say(`${reason}; tried again in ${wait / 1_000} s`);
      }
    }
    const log = reason.includes(spec.logFile) ? '' : `; its log: ${spec.logFile}`;
    givenUp.resolve(
      `${spec.name} has ended ${MOST_ENDS} times within ${WITHIN_MS / 1_000} s and is given up: ${reason}${log}`,
    );
    return undefined;
  }

  const kept = keep();
  kept.catch(() => undefined); // told by `stop`
  return {
    name: spec.name,
    givenUp: givenUp.promise,
    async stop(graceMs) {
      stopping.abort();
      await part?.stop(graceMs);
      await kept;
    },
  };
}
