import { isSafeId } from '@huntaze/core/ids';
import { counted } from '../times.ts';
import type { Letter } from '../types.ts';

/** Which dead letters are looked at; what isn't said is any. */
export interface LetterFilter {
  cause: string | undefined;
  creator: string | undefined;
  queue: Letter['queue'] | undefined;
}

/** The queues, as people call them. */
export const QUEUES: { queue: Letter['queue']; name: string }[] = [
  { queue: 'limiter', name: 'Rate limiter' },
  { queue: 'scraper', name: 'Scraper' },
];

/** A filter as an address has it; what can't be one is left out. */
export function letterFilterOf(
  given: Partial<Record<'cause' | 'creator' | 'queue', string | undefined>>,
): LetterFilter {
  const { cause, creator, queue } = given;
  return {
    cause: cause !== undefined && cause !== '' && cause.length <= 200 ? cause : undefined,
    creator: isSafeId(creator) ? creator : undefined,
    queue: QUEUES.find(one => one.queue === queue)?.queue,
  };
}

/** The filter in an address, always in the same order; empty for everything. */
export function letterQueryOf(filter: LetterFilter): string {
  return new URLSearchParams(saidOf(filter)).toString();
}

/** The page with that filter. */
export function lettersPath(filter: LetterFilter): string {
  const query = letterQueryOf(filter);
  return query === '' ? '/dead-letters' : `/dead-letters?${query}`;
}

/** Which letters are acted on, as the API takes it. */
export type Choice = { ids: string[] } | Partial<Record<keyof LetterFilter, string>>;

/**
 * Which letters an act is about: those that are selected; if none is, all that the filter means, those of them that can't
 * be seen yet, too; without a filter, all that are seen, each by its id, since nobody is to mean all by mistake.
 * @returns undefined: there is none
 */
export function choiceOf(
  filter: LetterFilter,
  selected: ReadonlySet<string>,
  letters: readonly Letter[],
): Choice | undefined {
  const chosen = letters.filter(({ id }) => selected.has(id));
  if (chosen.length > 0) return { ids: chosen.map(({ id }) => id) };
  if (letters.length === 0) return undefined;
  const said = saidOf(filter);
  return Object.keys(said).length > 0 ? said : { ids: letters.map(({ id }) => id) };
}

/** Which letters those are, for whoever is about to act: "3 letters", "all 14 letters". */
export function chosenInWords(selected: ReadonlySet<string>, letters: readonly Letter[]): string {
  const count = letters.filter(({ id }) => selected.has(id)).length;
  if (count > 0) return counted(count, 'letter');
  return letters.length === 1 ? 'the one letter' : `all ${counted(letters.length, 'letter')}`;
}

function saidOf({ cause, creator, queue }: LetterFilter): Partial<Record<keyof LetterFilter, string>> {
  return {
    ...(cause !== undefined && { cause }),
    ...(creator !== undefined && { creator }),
    ...(queue !== undefined && { queue }),
  };
}

/** What a letter asks for: "message.send of ada". */
export function letterName({ kind, creator_id }: Letter): string {
  if (kind === undefined) return 'Unreadable message';
  return creator_id === undefined ? kind : `${kind} of ${creator_id}`;
}
