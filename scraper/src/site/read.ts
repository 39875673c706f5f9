import { mustBe } from '@huntaze/core/operations';
import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { SiteChanged } from '../outcome.ts';
import type { DataPage } from './labels.ts';
import type { Visit } from './visit.ts';

const MAX_NAMED = 5;

/** A whole number of the site's, and one that counts. */
export const whole = z.int('must be a whole number');
export const count = whole.check(z.gte(0, 'must be 0 or more'));

/** An id of the site's: some are numbers, some are text; to us they are text. */
export const id = z.pipe(
  z.union(
    [whole, z.string().check(z.minLength(1), z.maxLength(128))],
    'must be an id: text of 1 to 128 characters, or a whole number',
  ),
  z.transform(String),
);

/** A time of the site's. */
export const time = z.iso.datetime({ offset: true, error: 'must be a time like 2026-01-31T12:00:00Z' });

/**
 * The site's JSON as the shape that we know; that it was is noted in the operation.
 * @throws SiteChanged naming the fields that differ, by their types (never by their values: they are a person's)
 */
export function readAs<T>(
  { operation }: Pick<Visit, 'operation'>,
  schema: z.ZodMiniType<T>,
  json: unknown,
  page: DataPage,
): T {
  const endpoint = page.called?.data ?? page.data;
  const parsed = z.safeParse(schema, json, { error: en().localeError, reportInput: true });
  if (parsed.success) {
    operation.fits.add(endpoint);
    return parsed.data;
  }
  const misfits = new Map(parsed.error.issues.map(issue => [nameOf(issue.path), describe(issue)]));
  const named = [...misfits.values()].slice(0, MAX_NAMED).join('; ');
  const more = misfits.size > MAX_NAMED ? `; and ${misfits.size - MAX_NAMED} more` : '';
  const fields = [...misfits.keys()].slice(0, MAX_NAMED);
  throw new SiteChanged(`the site's answer for ${endpoint} changed: ${named}${more}`, endpoint, fields);
}

/** All items of a list are one: which of them differs is a matter of whose list it is. */
function nameOf(path: readonly PropertyKey[]): string {
  const [first = '', ...rest] = path.map(key => (typeof key === 'number' ? '[]' : `.${String(key)}`));
  return [first.replace(/^\./, ''), ...rest].join('');
}

function describe(issue: z.core.$ZodIssue): string {
  const what = nameOf(issue.path);
  // Shapes that have words of their own keep them.
  const wanted = issue.message.startsWith('must ') ? issue.message : mustBe(issue);
  return `${what === '' ? 'all of it' : `field "${what}"`} ${wanted}, it is ${typeOf(issue.input)}`;
}

/** What a value is, in words, and nothing of the value. */
function typeOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return Number.isInteger(value) ? 'a whole number' : 'a number';
    case 'boolean':
      return 'true or false';
    default:
      return 'an object';
  }
}
