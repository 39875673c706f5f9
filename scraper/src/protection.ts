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

/**
 * A deployment waits until a protected task lets go, and a task that always has work would never do so: the protection is
 * taken for a quarter of an hour at most, however often it is given up and taken again meanwhile, and then not for a
 * while. Whoever is chosen in that time has its stop to finish or give back what it holds. (ECS allows 1 to 2,880 minutes.)
 */
const STRETCH_MS = 15 * 60_000;
const OPEN_MS = 3 * 60_000;
const CALL_TIMEOUT_MS = 5_000;

/**
 * Task scale-in protection through the agent's endpoint: `PUT $ECS_AGENT_URI/task-protection/v1/state`.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export function taskProtection(agentUri: string, clock: Clock, log: Log): Protection {
  /** When it ends by itself (ms since the epoch); undefined: it isn't taken. */
  let untilMs: number | undefined;
  let stretchEndsMs = -Infinity;
  /** The calls so far: one goes after the other. */
  let calls = Promise.resolve();

  async function put(minutes: number): Promise<void> {
    const answer = await fetch(`${agentUri}/task-protection/v1/state`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ProtectionEnabled: minutes > 0,
        ...(minutes > 0 && { ExpiresInMinutes: minutes }),
      }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const text = await answer.text();
    // The agent answers 200 with a `failure` when ECS refuses.
    if (!answer.ok || text.includes('"failure"')) throw new Error(`${answer.status} ${text.slice(0, 200)}`);
  }

  /** @param minutes 0: gives it up */
  async function change(minutes: number): Promise<void> {
    const now = clock.now();
    try {
      await put(minutes);
      untilMs = minutes > 0 ? now + minutes * 60_000 : undefined;
    } catch (error) {
      log.warn('task protection not changed', { protected: minutes > 0, error: firstLine(error) });
    }
  }

  async function hold(messages: number): Promise<void> {
    const now = clock.now();
    if (untilMs !== undefined && now >= untilMs) untilMs = undefined;
    if (messages === 0) {
      if (untilMs !== undefined) await change(0);
      return;
    }
    if (untilMs !== undefined) return;
    if (now >= stretchEndsMs + OPEN_MS) stretchEndsMs = now + STRETCH_MS;
    if (now < stretchEndsMs) await change(Math.ceil((stretchEndsMs - now) / 60_000));
  }

  function holding(messages: number): Promise<void> {
    calls = calls.then(() => hold(messages));
    return calls;
  }

  return { holding, release: () => holding(0) };
}
