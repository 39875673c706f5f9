import type { Clock } from '@huntaze/core/clock';
import { CODE_ASKED, CODE_WAIT_MS } from '@huntaze/core/one-time-code';
import type { Operation } from './operation.ts';
import { firstLine, Interrupted, NeedsLogin } from './outcome.ts';
import type { SiteState } from './site-state.ts';

/** Where the codes are that people enter for a creator's login. The call rejects when it can't be asked. */
export interface CodeStore {
  /**
   * Takes a creator's code, once; undefined: there is none.
   * @param awaitedUntilMs until when it is asked for again, ms since the epoch; undefined: this was the last time
   */
  take(creatorId: string, awaitedUntilMs: number | undefined): Promise<string | undefined>;
}

/** Who has one-time codes for logins. A code is never logged, and never part of an error. */
export interface CodeDesk {
  /**
   * The code for a login whose page asks for one, entered before or while it waits.
   * @param isAgain the site didn't take the one before
   * @throws NeedsLogin when none comes in time; Interrupted when the task is to stop; the operation's signal's reason
   */
  code(operation: Pick<Operation, 'creatorId' | 'signal' | 'log'>, isAgain: boolean): Promise<string>;
  /** The site has let the creator in: nothing is asked of a person any more. Never rejects. */
  letIn(operation: Pick<Operation, 'creatorId' | 'log'>): Promise<void>;
}

/** Nobody has any: whoever is asked for one needs a person. */
export const noCodes: CodeDesk = {
  code: () => Promise.reject(new NeedsLogin(CODE_ASKED)),
  letIn: () => Promise.resolve(),
};

/** A person has typed for a minute, and doesn't notice a second; a look costs Redis 10 µs. */
const LOOK_EVERY_MS = 1_000;

export interface CodeDeskOptions {
  store: CodeStore;
  site: Pick<SiteState, 'needsLogin' | 'letsIn'>;
  clock: Clock;
  /** Aborts when the task takes on nothing more: then nobody is waited for. */
  stop: AbortSignal;
  /** Logins that wait at the same time: each holds a lane, and the others have work, too. */
  mostWaiting: number;
}

/** Asks people for codes: halts the creator, so that everybody sees it, and looks into the store until one has come. */
export function codeDesk({ store, site, clock, stop, mostWaiting }: CodeDeskOptions): CodeDesk {
  let waiting = 0;

  async function wait({ creatorId, signal, log }: Parameters<CodeDesk['code']>[0], untilMs: number) {
    const woken = AbortSignal.any([signal, stop]);
    let isDown = false;
    for (;;) {
      const stopping = stop.aborted;
      const isLast = stopping || clock.now() >= untilMs;
      try {
        const code = await store.take(creatorId, isLast ? undefined : untilMs);
        if (code !== undefined) return code;
        isDown = false;
      } catch (error) {
        // It may be back before the time is up.
        if (!isDown) log.warn('one-time codes out of reach', { error: firstLine(error) });
        isDown = true;
      }
      signal.throwIfAborted();
      if (stopping) throw new Interrupted('the task is stopping', 0);
      if (isLast) throw new NeedsLogin(`${CODE_ASKED}: none was entered within ${CODE_WAIT_MS / 1_000} s`);
      await clock.sleep(LOOK_EVERY_MS, woken).catch(() => undefined);
      signal.throwIfAborted();
    }
  }

  return {
    async code(operation, isAgain) {
      const { creatorId, log } = operation;
      const early = await store.take(creatorId, undefined).catch(() => undefined);
      if (early !== undefined) return early;
      const why = isAgain ? `${CODE_ASKED}: it didn't take the last one` : CODE_ASKED;
      if (waiting >= mostWaiting) throw new NeedsLogin(why);
      waiting += 1;
      try {
        const untilMs = clock.now() + CODE_WAIT_MS;
        await site.needsLogin(creatorId, why).catch((error: unknown) => {
          log.error('pause for login not noted', { error: firstLine(error) });
        });
        log.info('one-time code asked for', { again: isAgain, until: new Date(untilMs).toISOString() });
        return await wait(operation, untilMs);
      } finally {
        waiting -= 1;
      }
    },

    async letIn({ creatorId, log }) {
      await site.letsIn(creatorId).catch((error: unknown) => {
        log.warn('pause for login not ended', { error: firstLine(error) });
      });
    },
  };
}
