import { invalidArgument } from './errors.ts';

const MAX_KEYS = 1_000;

/** A page of a list: entries one by one, or rolled up under what they have in common up to the delimiter. */
export interface Page<T> {
  entries: T[];
  commonPrefixes: string[];
  /** The last entry that is told of in this page, be it as a part of a common prefix; undefined if none is. */
  last: T | undefined;
  isTruncated: boolean;
}

/**
 * Fills a page from sorted entries.
 * @param about.told a common prefix that an earlier page has told of
 */
export function fillPage<T extends { key: string }>(
  sorted: Iterable<T>,
  about: { prefix: string; delimiter: string; limit: number; told: (commonPrefix: string) => boolean },
): Page<T> {
  const { prefix, delimiter, limit, told } = about;
  const page: Page<T> = { entries: [], commonPrefixes: [], last: undefined, isTruncated: false };
  const seen = new Set<string>();
  for (const entry of sorted) {
    const end = delimiter === '' ? -1 : entry.key.indexOf(delimiter, prefix.length);
    const rolledUp = end === -1 ? undefined : entry.key.slice(0, end + delimiter.length);
    const isTold = rolledUp !== undefined && (seen.has(rolledUp) || told(rolledUp));
    if (!isTold && page.entries.length + seen.size === limit) {
      page.isTruncated = limit > 0;
      break;
    }
    page.last = entry;
    if (isTold) continue;
    if (rolledUp === undefined) page.entries.push(entry);
    else seen.add(rolledUp);
  }
  page.commonPrefixes = [...seen];
  return page;
}

/** The size of a page that is asked for, at most 1,000. @throws InvalidArgument */
export function readMaxKeys(value: string | null): number {
  if (value === null || value === '') return MAX_KEYS;
  if (!/^-?\d{1,10}$/.test(value) || Number(value) > 2_147_483_647)
    throw invalidArgument('Provided max-keys not an integer or within integer range');
  if (Number(value) < 0)
    throw invalidArgument('Argument maxKeys must be an integer between 0 and 2147483647');
  return Math.min(Number(value), MAX_KEYS);
}

/** How keys are written in a list: as they are, or encoded. @throws InvalidArgument */
export function readEncoding(query: URLSearchParams): (key: string) => string {
  const type = query.get('encoding-type');
  if (type === null || type === '') return key => key;
  if (type !== 'url') throw invalidArgument('Invalid Encoding Method specified in Request');
  return urlEncoded;
}

/** As AWS encodes keys: like a form, but with slashes left as they are. */
function urlEncoded(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()~]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');
}
