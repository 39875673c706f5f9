import type { Api } from '../compose.ts';
import { Refusal } from '../http/problem.ts';
import { isBoundTo, type Identity } from '../identity/roles.ts';
import { Draining, KeyTaken } from '../operations/accept.ts';
import { refused } from '../operations/refused.ts';
import type { Hands } from './box.ts';
import { byTime, type Letter, type QueueName } from './letter.ts';
import { redrive } from './redrive.ts';

/** Which letters; each that is given must be so. */
export interface Choice {
  ids?: string[] | undefined;
  cause?: string | undefined;
  creator?: string | undefined;
  queue?: QueueName | undefined;
}

/** What became of each letter. */
interface Done {
  done: { id: string; operation_id?: string }[];
  failed: { id: string; why: string }[];
}

/** Whether a letter is among those that are meant, as far as this identity may know of it. */
export function isChosen(
  { ids, cause, creator, queue }: Choice,
  identity: Identity,
): (letter: Letter) => boolean {
  const named = ids && new Set(ids);
  return letter =>
    mayKnow(identity, letter) &&
    (named === undefined || named.has(letter.id)) &&
    (cause === undefined || letter.cause === cause) &&
    (creator === undefined || letter.creatorId === creator) &&
    (queue === undefined || letter.queue === queue);
}

/** What nobody can say whose it is, is for those alone who may know of everything. */
function mayKnow(identity: Identity, { creatorId }: Letter): boolean {
  return creatorId === undefined ? identity.creators === 'all' : isBoundTo(identity, creatorId);
}

/**
 * What is done with one letter; it is deleted unless this says why it must stay. A Refusal: no other can be acted on just now.
 */
type Act = (letter: Letter) => Promise<{ operationId?: string } | { why: string }>;

/** What {@link Hands.more} shows. */
type Shown = Awaited<ReturnType<Hands['more']>>;

const NO_TIME = 'there was no time left for it: ask again';
const STAYS = 'it could not be deleted: ask again';

/** The letters that are meant, in the order in which they came. */
export function pick(letters: readonly Letter[], isMeant: (letter: Letter) => boolean): Letter[] {
  return letters.filter(isMeant).sort(byTime);
}

/**
 * Does something with every letter that is meant, in the order in which they came, those of a FIFO group also that are
 * shown only once the ten before them are gone.
 * @param first what was seen already
 * @throws Refusal 503 where nothing could be done with any of them
 */
export async function actOn(
  hands: Hands,
  first: Shown,
  isMeant: (letter: Letter) => boolean,
  act: Act,
): Promise<Done & { isComplete: boolean }> {
  const ended: Done = { done: [], failed: [] };
  let { fresh, hasMore } = first;
  let later: Letter[] = [];
  for (;;) {
    const isLast = fresh.length === 0;
    const isMore = hasMore.includes('scraper');
    const chosen = pick(fresh, isMeant);
    const all = [...later, ...chosen].sort(byTime);
    later = isMore && !isLast ? all.filter(letter => mayFollowHidden(letter, chosen)) : [];
    const { gone, stop } = await each(
      hands,
      all.filter(letter => !later.includes(letter)),
      act,
      ended,
    );
    if (stop !== undefined) {
      ended.failed.push(...later.map(({ id }) => ({ id, why: stop })));
      return { ...ended, isComplete: hasMore.length === 0 };
    }
    // Behind what stays nothing is shown.
    const hasChanged = isMore && gone > 0 && !isLast;
    if (!hasChanged && later.length === 0) return { ...ended, isComplete: hasMore.length === 0 };
    ({ fresh, hasMore } = hasChanged ? await hands.more() : { fresh: [], hasMore });
  }
}

/**
 * Whether there may be an earlier one of its creator that isn't shown yet: its group shows none that came after this one.
 */
function mayFollowHidden(letter: Letter, chosen: readonly Letter[]): boolean {
  if (letter.queue === 'scraper') return false;
  const last = chosen.findLast(other => other.queue === 'scraper' && other.creatorId === letter.creatorId);
  return last !== undefined && last.sentAtMs < letter.sentAtMs;
}

/** Returns how many are gone, and why no other can be acted on, if so. */
async function each(
  hands: Hands,
  letters: Letter[],
  act: Act,
  { done, failed }: Done,
): Promise<{ gone: number; stop?: string }> {
  let gone = 0;
  for (const [i, letter] of letters.entries()) {
    const stopped = (why: string) => {
      failed.push(...letters.slice(i).map(({ id }) => ({ id, why })));
      return { gone, stop: why };
    };
    if (hands.isLate()) return stopped(NO_TIME);
    let came: Awaited<ReturnType<Act>>;
    try {
      came = await act(letter);
    } catch (error) {
      // Of the first of all, whoever asks is told that nothing was done, and when to ask again.
      if (error instanceof Refusal && done.length > 0) return stopped(error.problem.detail);
      throw error;
    }
    if ('why' in came) {
      failed.push({ id: letter.id, why: came.why });
      continue;
    }
    const { operationId } = came;
    const isGone = (await hands.remove([letter])).length === 0;
    if (isGone) {
      gone += 1;
      done.push({ id: letter.id, ...(operationId !== undefined && { operation_id: operationId }) });
    } else {
      const why = operationId === undefined ? STAYS : `it is asked for again as ${operationId}, but ${STAYS}`;
      failed.push({ id: letter.id, why });
    }
  }
  return { gone };
}

/** Asks for a letter's operation again, as a new one. */
export function redriving(api: Api, now: number): Act {
  return async letter => {
    try {
      return await redrive(api, letter, now);
    } catch (error) {
      if (error instanceof Draining) return { why: error.message };
      if (error instanceof KeyTaken)
        return { why: 'something else was asked for again under the same id: it can only be discarded' };
      throw refused(error);
    }
  };
}

/** Deletes a letter, and with it what was asked for. */
export const discarding: Act = () => Promise.resolve({});
