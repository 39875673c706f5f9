import { spanOf } from '@huntaze/core/times';
import { conflict, Refusal, unavailable } from '../http/problem.ts';
import { Draining, Full, KeyTaken, NotAccepted, Undecided } from './accept.ts';

/** Whoever finds no room may ask again after so long (s), however long it takes: cancelled operations make room, too. */
const MOST_RETRY_AFTER_S = 3_600;

/** What kept an operation from being accepted, as a caller is told; whatever else it is, as it is. */
export function refused(error: unknown): unknown {
  if (error instanceof KeyTaken)
    return new Refusal({ status: 422, title: 'Unprocessable Content', detail: error.message });
  if (error instanceof Draining) return conflict(error.message);
  if (error instanceof Full) return tooFull(error);
  if (error instanceof Undecided)
    return unavailable(
      `it is not known whether it was accepted: ${error.message}; ask again under the same Idempotency-Key, or without one look into the list first`,
      error.cause,
    );
  if (error instanceof NotAccepted)
    return unavailable(`not accepted: ${error.message}; try again`, error.cause);
  return error;
}

/** Back-pressure: 429 where it is the creator's own doing, 503 where it is everybody's. */
function tooFull({ message, who, retryInMs }: Full): Refusal {
  const seconds = Math.min(MOST_RETRY_AFTER_S, Math.max(1, Math.ceil(retryInMs / 1_000)));
  const [status, title] = who === 'creator' ? [429, 'Too Many Requests'] : [503, 'Service Unavailable'];
  return new Refusal({
    status,
    title,
    detail: `not accepted: ${message}; there is room in ${spanOf(retryInMs)} at the earliest`,
    headers: { 'retry-after': String(seconds) },
  });
}
