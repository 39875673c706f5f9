import { takeInventory, isNothing, inventoryLines } from './inventory.ts';
import { eraseLetters } from './letters.ts';
import { eraseObjects } from './objects.ts';
import { eraseFromRedis, standStill, type Patience, type Remembered } from './operations.ts';
import { counted, NotErased, type Place } from './place.ts';
import { endRotation, eraseSecret, findSecret } from './secret.ts';

export interface ErasureOptions extends Patience {
  /** For how many days the secret can be restored, 7 to 30; undefined: it goes at once and for good. */
  recoveryDays?: number | undefined;
}

/** What an erasure leaves. */
export interface Erased extends Remembered {
  /** When the secret is gone, if it isn't yet. */
  secretUntil: Date | undefined;
}

/** A secret that was deleted at once is gone soon after. How long that is awaited, and how often looked for (ms). */
const SECRET_GONE_MS = 60_000;
const LOOK_MS = 1_000;

/**
 * Removes all that there is of a creator from every store, and looks at the end whether it is gone. Each step may be
 * repeated, and each leaves the others possible: whatever ends this, the same call again comes to the same end.
 *
 * What begins work goes first: nothing is accepted, no rotation asks for more, nothing runs. The records in Redis go last,
 * for as long as they are there, they say what is known of the operations; and of them the halt, so that nothing comes in
 * before the end.
 * @throws NotErased with one line
 */
export async function erase(place: Place, creatorId: string, options: ErasureOptions): Promise<Erased> {
  const { say, recoveryDays } = options;
  await endRotation(place, creatorId);
  await standStill(place, creatorId, options);
  const objects = await eraseObjects(place, creatorId);
  const many = objects.results + objects.journal + objects.sessions;
  if (many > 0) say(`${counted(many, 'object')} deleted from ${place.bucket}`);
  const secretUntil = await eraseSecret(place, creatorId, recoveryDays);
  for (const queue of place.queues) {
    const count = await eraseLetters(place, queue, creatorId, options);
    if (count > 0) say(`${counted(count, 'message')} deleted from ${queue.name}`);
  }
  const remembered = await eraseFromRedis(place, creatorId);
  await place.compact?.();
  if (recoveryDays === undefined) await untilSecretIsGone(place, creatorId, options.signal);
  const left = await takeInventory(place, creatorId);
  if (!isNothing(left))
    throw new NotErased(
      ['not everything is gone; give the same command again. Still here:', ...inventoryLines(left)].join(
        '\n',
      ),
    );
  return { ...remembered, secretUntil };
}

/** Secrets Manager deletes at once, but some time later. */
async function untilSecretIsGone(place: Place, creatorId: string, signal?: AbortSignal): Promise<void> {
  const endsAt = place.clock.now() + SECRET_GONE_MS;
  while ((await findSecret(place, creatorId)).is !== 'absent') {
    if (place.clock.now() > endsAt)
      throw new NotErased(
        `the secret of ${creatorId} is deleted, and still there: give the same command again later`,
      );
    await place.clock.sleep(LOOK_MS, signal);
  }
}
