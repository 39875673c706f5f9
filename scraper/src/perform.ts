import { backoffMs, WITHIN_ATTEMPT } from './backoff.ts';
import type { Breaker } from './breaker.ts';
import type { Operation } from './operation.ts';
import {
  ClientFault,
  firstLine,
  NeedsLogin,
  outcomeOf,
  SiteChanged,
  SiteFailure,
  Throttled,
  type Outcome,
} from './outcome.ts';

/** Requirement 7.2: what the site fails to do is tried this often before the message goes back. */
const TRIES = 3;

/**
 * Makes one attempt: runs `drive`, up to three times while the site fails and its breaker stays closed, and says what
 * became of it. Every error from the site is logged. Never rejects.
 * @param random from 0 to below 1
 */
export async function perform(
  operation: Operation,
  drive: (operation: Operation) => Promise<unknown>,
  breaker: Breaker,
  random: () => number,
): Promise<Outcome> {
  const { clock, signal } = operation;
  for (let tries = 1; ; tries += 1) {
    try {
      const data = await drive(operation);
      await breaker.answered(operation);
      return { kind: 'succeeded', data };
    } catch (error) {
      if (signal.aborted) {
        await breaker.undecided(operation);
        // Whatever an aborted browser call says: why it was aborted is what counts.
        return outcomeOf(signal.reason);
      }
      logSiteError(operation, error, tries);
      const isOpen = await judge(breaker, operation, error);
      if (!(error instanceof SiteFailure) || isOpen || tries === TRIES) return outcomeOf(error);
      try {
        await clock.sleep(backoffMs(WITHIN_ATTEMPT, tries, random()), signal);
      } catch (aborted) {
        return outcomeOf(aborted);
      }
    }
  }
}

/** Tells the breaker; true: it is open now. */
async function judge(breaker: Breaker, operation: Operation, error: unknown): Promise<boolean> {
  if (error instanceof SiteFailure) return breaker.failed(operation, firstLine(error));
  const isAnswer = [Throttled, ClientFault, NeedsLogin, SiteChanged].some(type => error instanceof type);
  await (isAnswer ? breaker.answered(operation) : breaker.undecided(operation));
  return false;
}

function logSiteError({ attempt, correlationId, log }: Operation, error: unknown, tries: number): void {
  const common = { error: firstLine(error), attempt, try: tries, correlation_id: correlationId };
  if (error instanceof SiteFailure || error instanceof ClientFault)
    log.warn('site error', { ...common, status: error.status, url: error.path });
  else if (error instanceof Throttled) log.warn('site error', { ...common, status: 429, url: error.path });
  else if (error instanceof SiteChanged) log.warn('site error', { ...common, status: 200, url: error.page });
  else if (error instanceof NeedsLogin) log.warn('site error', common);
}
