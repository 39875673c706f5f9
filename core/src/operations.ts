import * as z from 'zod/mini';
import { en } from 'zod/locales';
import { SAFE_ID, SAFE_ID_RULE } from './ids.ts';

/** Every kind of operation a creator can ask for. */
export const KINDS = [
  'message.send',
  'profile.scrape',
  'fans.scrape',
  'earnings.scrape',
  'posts.scrape',
  'chats.scrape',
  'credentials.rotate',
] as const;
export type Kind = (typeof KINDS)[number];

/** Those that change something at the site: done twice isn't done once. */
export const HAVE_EFFECTS: ReadonlySet<string> = new Set<Kind>(['message.send', 'credentials.rotate']);

/** What can become of an operation, in the order of its life. The last six end it. */
export const STATES = [
  'pending',
  'waiting',
  'forwarded',
  'running',
  'succeeded',
  'failed',
  'dead',
  'expired',
  'cancelled',
  'outcome_unknown',
] as const;
export type State = (typeof STATES)[number];

/** Whether nothing more happens to an operation in this state by itself. */
export function isEnded(state: State): boolean {
  return STATES.indexOf(state) >= STATES.indexOf('succeeded');
}

/** An id from outside, as a field. */
export const safeId = z.string().check(z.regex(SAFE_ID, `must be ${SAFE_ID_RULE}`));
const date = z.iso.date('must be a date like 2026-01-31');
const max = z.optional(z.int().check(z.gte(1), z.lte(10_000)));

const isAmount = (value: number) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6;

/** What a message may say: something, without control characters but line breaks and tabs. */
const messageText = z.string().check(
  z.maxLength(10_000),
  z.refine(text => text.trim() !== '', 'must not be empty'),
  z.refine(
    text => !/[\p{Cc}\p{Cs}]/u.test(text.replaceAll(/[\n\r\t]/g, '')),
    'must not have control characters',
  ),
);

const PARAMS = {
  'message.send': z.strictObject({
    fan_id: safeId,
    text: messageText,
    media_ids: z.optional(z.array(safeId).check(z.maxLength(100))),
    price: z.optional(
      z.number().check(z.gte(0), z.lte(1_000), z.refine(isAmount, 'must have at most two decimals')),
    ),
  }),
  'profile.scrape': z.strictObject({}),
  'fans.scrape': z.strictObject({ status: z.optional(z.enum(['active', 'expired', 'all'])), max }),
  'earnings.scrape': z.strictObject({ from: z.optional(date), to: z.optional(date) }),
  'posts.scrape': z.strictObject({ max }),
  'chats.scrape': z.strictObject({ fan_id: z.optional(safeId), max }),
  'credentials.rotate': z.strictObject({ secret_version_id: safeId }),
} as const satisfies Record<Kind, z.ZodMiniType>;

const unknownKind = (issue: { code: string }) =>
  issue.code === 'invalid_union' ? `must be one of ${KINDS.join(', ')}` : undefined;

const requestOf = <K extends Kind>(kind: K) =>
  z.strictObject({
    kind: z.literal(kind),
    creator_id: safeId,
    params: PARAMS[kind],
    not_after: z.optional(
      z.iso.datetime({ offset: true, error: 'must be a time like 2026-01-31T12:00:00Z' }),
    ),
  });

/** A job line, and the body of POST /api/onlyfans/operations. */
export const operationRequest = z.discriminatedUnion(
  'kind',
  [
    requestOf('message.send'),
    requestOf('profile.scrape'),
    requestOf('fans.scrape'),
    requestOf('earnings.scrape'),
    requestOf('posts.scrape'),
    requestOf('chats.scrape'),
    requestOf('credentials.rotate'),
  ],
  { error: unknownKind },
);
export type OperationRequest = z.infer<typeof operationRequest>;

const messageOf = <K extends Kind>(kind: K) =>
  z.object({
    kind: z.literal(kind),
    operation_id: safeId,
    creator_id: safeId,
    params: PARAMS[kind],
    requested_at: z.iso.datetime({ offset: true }),
    correlation_id: safeId,
    not_after: z.optional(z.iso.datetime({ offset: true })),
  });

/** The body of a message as our API writes it: the request, named and dated. Other fields are passed over. */
export const operationMessage = z.discriminatedUnion(
  'kind',
  [
    messageOf('message.send'),
    messageOf('profile.scrape'),
    messageOf('fans.scrape'),
    messageOf('earnings.scrape'),
    messageOf('posts.scrape'),
    messageOf('chats.scrape'),
    messageOf('credentials.rotate'),
  ],
  { error: unknownKind },
);
export type OperationMessage = z.infer<typeof operationMessage>;

/** One thing that is wrong with an input: which field, and what it should be. */
export interface FieldFault {
  field: string;
  message: string;
}

/** Checks `value` against `schema`; on failure says which fields are wrong, in words. */
export function check<T>(
  schema: z.ZodMiniType<T>,
  value: unknown,
): { ok: true; value: T } | { ok: false; faults: FieldFault[] } {
  const parsed = z.safeParse(schema, value, { error: en().localeError, reportInput: true });
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, faults: parsed.error.issues.flatMap(faultsOf) };
}

function faultsOf(issue: z.core.$ZodIssue): FieldFault[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => ({ field: path ? `${path}.${key}` : key, message: 'is not a known field' }));
  return [{ field: path || 'body', message: inWords(issue) }];
}

/** What is wrong, in the words of this project; a rule that has its own words keeps them. */
function inWords(issue: z.core.$ZodIssue): string {
  return issue.input === undefined ? 'is missing' : mustBe(issue);
}

/** What an input should have been, in words: `must be a whole number`. Nothing of what it is. */
export function mustBe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `must have at most ${issue.maximum} ${issue.origin === 'string' ? 'characters' : 'entries'}`
        : `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

const TYPES: Record<string, string> = {
  object: 'an object like {…}',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};
