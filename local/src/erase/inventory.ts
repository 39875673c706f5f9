import { entriesOf, operationsOf } from '@huntaze/core/lua';
import { findObjects } from './objects.ts';
import { lookThrough } from './letters.ts';
import { hasNotBegun } from './operations.ts';
import { findSecret } from './secret.ts';
import type { Place } from './place.ts';

/** One kind of thing that there is of a creator. */
interface Found {
  what: string;
  count: number;
  /** What else is to be said of it. */
  note?: string;
}

/** Everything that there is of a creator. */
export interface Inventory {
  found: Found[];
  /** An erasure was begun, and is not at its end. */
  isBegun: boolean;
  /** Its secret waits for the end of its recovery window. */
  isSecretGoing: boolean;
}

/**
 * Reads every store. Nothing is changed; dead letters are received for that, and visible again at once.
 */
export async function takeInventory(place: Place, creatorId: string): Promise<Inventory> {
  const [objects, secret, letters, operations, entries] = await Promise.all([
    findObjects(place, creatorId),
    findSecret(place, creatorId),
    Promise.all(
      place.queues.map(async queue => ({
        ...queue,
        ...(await lookThrough(place, { ...queue, creatorId, removes: false })),
      })),
    ),
    operationsOf(place.redis, creatorId),
    entriesOf(place.redis, creatorId),
  ]);
  const waiting = operations.filter(hasNotBegun).length;
  const atWork = operations.filter(({ atWorkUntilMs }) => atWorkUntilMs !== undefined).length;
  const open = [
    ...(waiting > 0 ? [`${waiting} not begun: to be cancelled`] : []),
    ...(atWork > 0 ? [`${atWork} at work: to be awaited`] : []),
  ].join(', ');
  return {
    found: [
      { what: 'results, screenshots, traces in S3', count: objects.results },
      { what: 'journal of tries in S3', count: objects.journal },
      { what: 'saved session in S3', count: objects.sessions },
      { what: 'credentials in Secrets Manager', count: secret.is === 'there' ? 1 : 0 },
      ...letters.map(({ name, count, isMore }) => ({
        what: `messages in ${name}`,
        count,
        ...(isMore && { note: 'or more' }),
      })),
      {
        what: 'operations in Redis',
        count: operations.filter(({ state }) => state !== undefined).length,
        ...(open !== '' && { note: open }),
      },
      { what: 'bodies of messages in Redis', count: operations.filter(({ hasBody }) => hasBody).length },
      { what: 'entries under its name in Redis', count: entries.count },
    ],
    isBegun: entries.isErasing,
    isSecretGoing: secret.is === 'going',
  };
}

/** Whether there is nothing of the creator. */
export function isNothing({ found, isBegun }: Inventory): boolean {
  return !isBegun && found.every(({ count }) => count === 0);
}

/** An inventory for a person, a line for each kind of which there is something. */
export function inventoryLines({ found }: Inventory): string[] {
  return found
    .filter(({ count }) => count > 0)
    .map(({ what, count, note }) => `  ${String(count).padStart(6)}  ${what}${note ? ` (${note})` : ''}`);
}
