import { absolute } from '../times.ts';

/** One thing that an act has changed, as people read it; what there wasn't is absent. */
export interface Difference {
  /** For example `in_force.limit`. */
  name: string;
  before?: string;
  after?: string;
  /** What is told before and after is of different things: it is a fact, nothing has changed into another. */
  isFact?: true;
}

/** Said with an act, not changed by it. */
const WORDS = ['reason', 'why', 'note'];
/** A value's text at most (characters). */
const MOST_TEXT = 120;
/** As the API says a time. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
/** So deep is looked into what was there: beyond, it is text. */
const MOST_DEPTH = 3;

/**
 * Only what differs between before and after, in the order in which it stands there. Where there is no "before", all is
 * new; where nothing is known of the "after" (it failed, or nobody knows), nothing has changed as far as one can say.
 */
export function differences(before: unknown, after: unknown): Difference[] {
  if (after === undefined) return [];
  const [was, is] = [flat(before), flat(after)];
  for (const name of WORDS) {
    was.delete(name);
    is.delete(name);
  }
  const isOfOne = was.size === 0 || is.size === 0 || [...was.keys()].some(name => is.has(name));
  if (!isOfOne)
    return [...was, ...is].flatMap(([name, value]): Difference[] =>
      value === undefined ? [] : [{ name, after: value, isFact: true }],
    );
  return [...new Set([...was.keys(), ...is.keys()])].flatMap(name => {
    const [a, b] = [was.get(name), is.get(name)];
    if (a === b) return [];
    return [{ name, ...(a !== undefined && { before: a }), ...(b !== undefined && { after: b }) }];
  });
}

/** Why it was done, in the words of whoever did it. */
export function reasonOf(before: unknown, after: unknown): string | undefined {
  for (const value of [after, before])
    for (const name of WORDS) {
      const said = isRecord(value) ? value[name] : undefined;
      if (typeof said === 'string' && said !== '') return said;
    }
  return undefined;
}

/** Every value by its path. */
function flat(
  value: unknown,
  path = '',
  depth = 0,
  into = new Map<string, string | undefined>(),
): Map<string, string | undefined> {
  if (isRecord(value) && depth < MOST_DEPTH)
    for (const [name, inner] of Object.entries(value))
      flat(inner, path === '' ? name : `${path}.${name}`, depth + 1, into);
  else if (value === null && path !== '') into.set(path, undefined);
  else if (value !== undefined && value !== null) into.set(path === '' ? 'value' : path, inText(value));
  return into;
}

function inText(value: unknown): string {
  const text = Array.isArray(value) ? value.map(inOne).join('; ') || 'none' : inOne(value);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)} …` : text;
}

/** One of a list: of what has names, the values say enough. */
function inOne(value: unknown): string {
  if (typeof value === 'string') return TIME.test(value) ? absolute(Date.parse(value)) : value;
  return isRecord(value) ? Object.values(value).map(inOne).join(' ') : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
