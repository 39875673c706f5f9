import { isSafeId } from '@huntaze/core/ids';
import type { Kind, State } from '@huntaze/core/operations';
import type { Operation } from '../types.ts';
import { KINDS, STATES } from './states.ts';

/** Which operations are looked at; what isn't said is any. */
export interface Filter {
  creator: string | undefined;
  /** Any of these; none: any at all. */
  states: readonly State[];
  kind: Kind | undefined;
}

/** What people ask for most often. */
export const VIEWS: readonly { name: string; states: readonly State[] }[] = [
  { name: 'All', states: [] },
  { name: 'Waiting', states: ['pending', 'waiting', 'forwarded'] },
  { name: 'Needs a person', states: ['dead', 'outcome_unknown'] },
  { name: 'Failed', states: ['failed', 'dead', 'expired'] },
];

/** A filter as an address has it. What can't be one is left out: an old link shows more, never nothing by mistake. */
export function filterOf(given: Partial<Record<'creator' | 'state' | 'kind', string | undefined>>): Filter {
  const wanted = new Set(given.state?.split(','));
  return {
    creator: isSafeId(given.creator) ? given.creator : undefined,
    states: STATES.filter(state => wanted.has(state)),
    kind: KINDS.find(kind => kind === given.kind),
  };
}

/** The filter in an address, always in the same order; empty for everything. */
export function queryOf({ creator, states, kind }: Filter): string {
  const query = new URLSearchParams({
    ...(creator !== undefined && { creator }),
    ...(states.length > 0 && { state: states.join(',') }),
    ...(kind !== undefined && { kind }),
  });
  // Commas are for people to read.
  return query.toString().replaceAll('%2C', ',');
}

/** The page with that filter. */
export function operationsPath(filter: Filter): string {
  const query = queryOf(filter);
  return query === '' ? '/operations' : `/operations?${query}`;
}

/** Whether an operation is among those that are looked at. */
export function fits({ creator, states, kind }: Filter, operation: Operation): boolean {
  return (
    (creator === undefined || operation.creator_id === creator) &&
    (states.length === 0 || states.includes(operation.state)) &&
    (kind === undefined || operation.kind === kind)
  );
}

/** Whether two choices of states are the same, whatever their order. */
export function areSame(a: readonly State[], b: readonly State[]): boolean {
  return a.length === b.length && a.every(state => b.includes(state));
}
