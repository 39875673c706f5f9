import type { Clock } from '@huntaze/core/clock';
import { Refused, type Client } from './client.ts';

/** How long a call is repeated while the pipeline doesn't answer (ms): a part that crashes is back sooner. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * The same client, but a call that fails is repeated for a minute: parts of the pipeline may be starting again.
 * Every call can be, because a submission carries its idempotency key.
 */
export function patientClient(client: Client, clock: Clock, signal: AbortSignal): Client {
  async function patiently<T>(call: () => Promise<T>): Promise<T> {
    const giveUpAt = clock.now() + PATIENCE_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      signal.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        if (error instanceof Refused || clock.now() + pause > giveUpAt) throw error;
        await clock.sleep(pause, signal);
      }
    }
  }
  return {
    submit: (request, key) => patiently(() => client.submit(request, key)),
    see: id => patiently(() => client.see(id)),
    noted: since => patiently(() => client.noted(since)),
    result: (creatorId, id) => patiently(() => client.result(creatorId, id)),
    siteLog: () => patiently(() => client.siteLog()),
  };
}
