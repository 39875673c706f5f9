import type { Clock } from '@huntaze/core/clock';
import type { Log } from './log.ts';
import { firstLine } from './outcome.ts';

/**
 * Keeps ECS from choosing this task when it scales in or deploys, as long as messages are held. (A Spot interruption it
 * doesn't keep away.)
 */
export interface Protection {
  /** So many messages are held now. Never rejects; what fails is tried again at the next call. */
  holding(messages: number): Promise<void>;
  /** Gives it up, and waits until that is through. Never rejects. */
  release(): Promise<void>;
}

/** Where there is no ECS. */
export const noProtection: Protection = { holding: async () => undefined, release: async () => undefined };

/** A task that hangs isn't protected for longer. ECS allows 1 to 2,880. */
const EXPIRES_MINUTES = 30;
const RENEW_AFTER_MS = (EXPIRES_MINUTES * 60_000) / 2;
const CALL_TIMEOUT_MS = 5_000;

/**
 * Task scale-in protection through the agent's endpoint: `PUT $ECS_AGENT_URI/task-protection/v1/state`.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export function taskProtection(agentUri: string, clock: Clock, log: Log): Protection {
  /** When it was taken last (ms since the epoch); undefined: it isn't. */
  let takenAtMs: number | undefined;
  /** The calls so far: one goes after the other. */
  let calls = Promise.resolve();

  async function put(isProtected: boolean): Promise<void> {
    const answer = await fetch(`${agentUri}/task-protection/v1/state`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ProtectionEnabled: isProtected,
        ...(isProtected && { ExpiresInMinutes: EXPIRES_MINUTES }),
      }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const text = await answer.text();
    // The agent answers 200 with a `failure` when ECS refuses.
    if (!answer.ok || text.includes('"failure"')) throw new Error(`${answer.status} ${text.slice(0, 200)}`);
  }

  async function change(isProtected: boolean): Promise<void> {
    const now = clock.now();
    try {
      await put(isProtected);
      takenAtMs = isProtected ? now : undefined;
    } catch (error) {
      log.warn('task protection not changed', { protected: isProtected, error: firstLine(error) });
    }
  }

  async function hold(messages: number): Promise<void> {
    const isDue = takenAtMs === undefined || clock.now() >= takenAtMs + RENEW_AFTER_MS;
    if (messages > 0 && isDue) await change(true);
    if (messages === 0 && takenAtMs !== undefined) await change(false);
  }

  function holding(messages: number): Promise<void> {
    calls = calls.then(() => hold(messages));
    return calls;
  }

  return { holding, release: () => holding(0) };
}
