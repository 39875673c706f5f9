import { CircuitState, CountBreaker } from 'cockatiel';
import type { Gate } from './gate.ts';
import type { Metrics } from './metrics.ts';
import type { Operation } from './operation.ts';
import { firstLine } from './outcome.ts';
import type { SiteState } from './site-state.ts';

/** How the site has fared with an operation. No call rejects. */
export interface Breaker {
  /** It has answered, if only to refuse. */
  answered(operation: Operation): Promise<void>;
  /** It has failed. True: the breaker is open now, and another try would only wait. */
  failed(operation: Operation, why: string): Promise<boolean>;
  /** Something of ours came in between: nothing was learned. */
  undecided(operation: Operation): Promise<void>;
}

/** More than half of the last ten navigations, and at least five: that isn't one page's or one creator's bad luck. */
const JUDGE = { threshold: 0.5, size: 10, minimumNumberOfCalls: 5 };

/**
 * The site's circuit breaker. Each task judges by what it sees itself; the state is shared through Redis (the site's
 * window is closed, the slots let one probe through: see core/lua/lib/breaker.lua), so that all tasks stop together.
 * Of cockatiel it is therefore the judge, not the policy: that one keeps its state to itself, on a clock of its own.
 */
export function siteBreaker(site: SiteState, gate: Gate, metrics: Pick<Metrics, 'breaker'>): Breaker {
  let judge = new CountBreaker(JUDGE);

  async function endProbe(operation: Operation, isWell: boolean): Promise<void> {
    const { probe, log } = operation;
    if (probe === undefined) return;
    operation.probe = undefined;
    try {
      await site.endProbe(probe, isWell);
      if (isWell) {
        log.info('breaker closed', {});
        metrics.breaker(false);
      }
    } catch (error) {
      // Its time ends by itself, and another one probes.
      log.warn('probe not ended', { error: firstLine(error) });
    }
  }

  return {
    answered(operation) {
      judge.success(CircuitState.Closed);
      return endProbe(operation, true);
    },
    undecided: operation => endProbe(operation, false),
    async failed(operation, why) {
      const isOpen = judge.failure(
        operation.probe === undefined ? CircuitState.Closed : CircuitState.HalfOpen,
      );
      operation.probe = undefined;
      if (!isOpen) return false;
      judge = new CountBreaker(JUDGE);
      try {
        const untilMs = await site.openBreaker(operation.creatorId, why);
        gate.closedUntil(untilMs);
        operation.log.error('breaker opened', { error: why, until: new Date(untilMs).toISOString() });
        metrics.breaker(true);
        return true;
      } catch (error) {
        operation.log.error('breaker not opened', { error: firstLine(error) });
        return false;
      }
    },
  };
}
