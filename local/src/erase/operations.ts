import {
  cancel,
  eraseCreator,
  eraseOperations,
  haltForErasure,
  operationsOf,
  type CreatorsOperation,
} from '@huntaze/core/lua';
import { isEnded } from '@huntaze/core/operations';
import { inTime } from '@huntaze/core/times';
import { counted, NotErased, type Place } from './place.ts';

/** How often one looks whether an operation has ended (ms). */
const LOOK_MS = 500;
/** So often is what came in meanwhile looked for, before it is given up. */
const MOST_ROUNDS = 20;

/** How what hasn't ended is awaited. */
export interface Patience {
  /** How long at most (ms). */
  waitMs: number;
  /** Told what is awaited, whenever that changes. */
  say: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** Whether it can be ended from here: it waits, or has been sent on, and nobody has tried its effect. */
export function hasNotBegun({ state, isTried }: CreatorsOperation): boolean {
  return state !== undefined && !isEnded(state) && state !== 'running' && !isTried;
}

/**
 * Brings a creator to a stop: nothing new is accepted and nothing begins, what hasn't begun is cancelled, and what is
 * at work is awaited.
 * @throws NotErased when something is still at work at the end of the time; the creator stays as it is then
 */
export async function standStill(place: Place, creatorId: string, patience: Patience): Promise<void> {
  const { redis, clock } = place;
  const endsAt = clock.now() + patience.waitMs;
  let told = '';
  await haltForErasure(redis, creatorId);
  for (;;) {
    const operations = await operationsOf(redis, creatorId);
    for (const { operationId } of operations.filter(hasNotBegun))
      await cancel(redis, operationId, 'its creator is erased');
    const atWork = operations.filter(({ atWorkUntilMs }) => atWorkUntilMs !== undefined);
    if (atWork.length === 0) return;
    const left = endsAt - clock.now();
    const what = `${counted(atWork.length, 'operation')} at work`;
    const kinds = [...new Set(atWork.map(({ kind }) => kind))].join(', ');
    if (left <= 0) {
      // One whose task died counts as at work until nothing was heard of it for an hour.
      const last = Math.max(...atWork.map(({ atWorkUntilMs = 0 }) => atWorkUntilMs));
      throw new NotErased(
        `${what} (${kinds}), and not at an end; nothing new of ${creatorId} is accepted or begun: give the same command ` +
          `again later (should the scraper not run, ${inTime(last - clock.now())} at the latest)`,
      );
    }
    const line = `${what} (${kinds}), awaited`;
    if (line !== told) patience.say(`${line}; given up ${inTime(left)}`);
    told = line;
    await clock.sleep(Math.min(LOOK_MS, left), patience.signal);
  }
}

/** What Redis still remembers of a creator that it has forgotten, ms since the epoch. */
export interface Remembered {
  /** Ids of operations, each with how it ended; undefined: none. */
  idsUntilMs: number | undefined;
  /** The windows of a line of its own; undefined: none. */
  windowsUntilMs: number | undefined;
}

/**
 * Makes Redis forget a creator that stands still. The last to go is what holds it.
 * @throws NotErased when there always is something more
 */
export async function eraseFromRedis({ redis }: Place, creatorId: string): Promise<Remembered> {
  let idsUntilMs = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const operations = await operationsOf(redis, creatorId);
    if (operations.length === 0) {
      const { windowsUntilMs } = await eraseCreator(redis, creatorId);
      return { idsUntilMs: idsUntilMs || undefined, windowsUntilMs };
    }
    const ids = operations.map(({ operationId }) => operationId);
    const { rememberedUntilMs } = await eraseOperations(redis, creatorId, ids);
    idsUntilMs = Math.max(idsUntilMs, rememberedUntilMs);
  }
  throw new NotErased(
    `messages of ${creatorId} come in all the time: stop whoever sends them, and give the same command again`,
  );
}
