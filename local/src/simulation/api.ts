import {
  acceptOperation,
  Draining,
  NotAccepted,
  Undecided,
  type Intake,
} from '@huntaze/api/operations/accept';
import type { Clock } from '@huntaze/core/clock';
import type { SeededRandom } from '../seeded-random.ts';
import type { Book } from './book.ts';
import { uuid } from './uuid.ts';
import type { Asked } from './workload.ts';

/**
 * Asks for operations, each at its time, one after the other; the intake is the API's own.
 * @returns how many of them were refused
 */
export async function askForAll(
  asked: Asked[],
  options: {
    clock: Clock;
    /** What the requests' times count from. */
    beginMs: number;
    random: SeededRandom;
    book: Book;
    intake: Omit<Intake, 'clock' | 'log' | 'lineNow' | 'newId' | 'random'>;
  },
): Promise<number> {
  const { clock, beginMs, random, book } = options;
  const intake: Intake = {
    ...options.intake,
    clock,
    log: () => undefined,
    lineNow: () => clock.now(),
    random: () => random.next(),
    newId: nowMs => `op-${Math.floor(nowMs).toString(36)}-${uuid(random)}`,
  };
  let refused = 0;
  for (const { atMs, worthForMs, request: bare } of asked) {
    await clock.sleep(Math.max(0, beginMs + atMs - clock.now()));
    const not_after = worthForMs === undefined ? undefined : new Date(clock.now() + worthForMs).toISOString();
    const request = not_after === undefined ? bare : { ...bare, not_after };
    try {
      const { operationId } = await acceptOperation(intake, request, undefined, clock.now());
      book.accepted(operationId, request, clock.now() - beginMs);
    } catch (error) {
      if (!(error instanceof NotAccepted || error instanceof Undecided || error instanceof Draining))
        throw error;
      refused += 1;
    }
  }
  book.allAsked();
  return refused;
}
