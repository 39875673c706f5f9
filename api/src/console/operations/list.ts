import type { Operation } from '../types.ts';
import { fits, type Filter } from './filter.ts';

/**
 * The operations that are listed, the newest first. While somebody reads nothing moves: what has come is held back, what
 * doesn't fit any more stays in its place and is marked, until they are {@link settled}.
 */
export interface List {
  rows: readonly Operation[];
  /** Those of the rows that don't fit any more. */
  over: ReadonlySet<string>;
  /** Those that fit and have no row yet. */
  held: ReadonlyMap<string, Operation>;
  /** Where the page after these begins; absent: there is none. */
  next: string | undefined;
  /** Under which cursor an operation was read. */
  cursors: ReadonlyMap<string, string>;
}

/** A page of the API. */
export interface Page {
  operations: readonly Operation[];
  next?: string | undefined;
}

/** So many rows at most: the API itself lists no more. */
const MOST_ROWS = 10_000;

/** A list that begins with a page. */
export function listOf(page: Page, cursor = ''): List {
  return {
    rows: page.operations,
    over: new Set(),
    held: new Map(),
    next: page.next,
    cursors: new Map(page.operations.map(({ operation_id }) => [operation_id, cursor])),
  };
}

/** The page after what is listed is added. What has come into the list meanwhile isn't in it twice. */
export function withPage(list: List, page: Page): List {
  const cursor = list.next ?? '';
  const known = new Set(list.rows.map(({ operation_id }) => operation_id));
  const added = page.operations.filter(({ operation_id }) => !known.has(operation_id));
  const rows = [...list.rows, ...added];
  const cursors = new Map(list.cursors);
  for (const { operation_id } of added) cursors.set(operation_id, cursor);
  const held = new Map(list.held);
  for (const { operation_id } of added) held.delete(operation_id);
  return { ...list, rows, held, cursors, next: rows.length < MOST_ROWS ? page.next : undefined };
}

/**
 * What has become of some operations: those that are listed change in their place, new ones come to theirs, those that
 * fit no longer go. An older one than all that were read is left to the page on which it is.
 */
export function withChanges(
  list: List,
  changes: readonly Operation[],
  filter: Filter,
  isReading: boolean,
): List {
  const latest = new Map(changes.map(operation => [operation.operation_id, operation]));
  let hasChanged = false;
  const over = new Set(list.over);
  const rows = list.rows.map(row => {
    const now = latest.get(row.operation_id);
    if (now === undefined) return row;
    latest.delete(row.operation_id);
    hasChanged = true;
    if (fits(filter, now)) over.delete(row.operation_id);
    else over.add(row.operation_id);
    return now;
  });
  const held = new Map(list.held);
  const last = list.rows.at(-1);
  for (const [id, operation] of latest) {
    const isBeyond = list.next !== undefined && last !== undefined && newestFirst(operation, last) > 0;
    if (fits(filter, operation) && !isBeyond) held.set(id, operation);
    else if (!held.delete(id)) continue;
    hasChanged = true;
  }
  if (!hasChanged) return list;
  const changed = { ...list, rows, over, held };
  return isReading ? changed : settled(changed);
}

/** Everything as it was read anew. */
export function reread(list: List, page: Page, isReading: boolean): List {
  if (!isReading) return listOf(page);
  const found = new Map(page.operations.map(operation => [operation.operation_id, operation]));
  const rows = list.rows.map(row => found.get(row.operation_id) ?? row);
  const over = new Set(rows.flatMap(({ operation_id: id }) => (found.has(id) ? [] : [id])));
  for (const { operation_id } of rows) found.delete(operation_id);
  return { ...list, rows, over, held: found, next: page.next };
}

/** Nobody reads any more: what was held back comes to its place, what is over goes. */
export function settled(list: List): List {
  if (list.held.size === 0 && list.over.size === 0) return list;
  const stay = list.rows.filter(({ operation_id }) => !list.over.has(operation_id));
  const come = [...list.held.values()].sort(newestFirst);
  const rows = merged(come, stay).slice(0, MOST_ROWS);
  const isCut = rows.length < come.length + stay.length;
  return { ...list, rows, over: new Set(), held: new Map(), next: isCut ? undefined : list.next };
}

/** How many have come, and how many don't fit any more, since nothing moves. */
export function heldBack({ held, over }: List): number {
  return held.size + over.size;
}

/** When an operation was asked for, as far as is known. */
export function askedAt({ at }: Operation): string {
  return at.pending ?? at.waiting ?? at.forwarded ?? '';
}

/** As the API lists them: by when they were asked for, then by id, which is made of the time. */
function newestFirst(a: Operation, b: Operation): number {
  const [first, second] = [askedAt(a), askedAt(b)];
  if (first !== second) return first > second ? -1 : 1;
  return a.operation_id > b.operation_id ? -1 : 1;
}

/** Two lists in one; the rows keep the order in which the API has them. */
function merged(come: readonly Operation[], rows: readonly Operation[]): Operation[] {
  const all: Operation[] = [];
  let i = 0;
  for (const row of rows) {
    while (i < come.length && newestFirst(come[i]!, row) < 0) all.push(come[i++]!);
    all.push(row);
  }
  return [...all, ...come.slice(i)];
}
