import { check } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { servicesWith } from './action-names.ts';

/** Day-long waits are the longest that anything here has a use for. Milliseconds. */
const MAX_MS = 86_400_000;
const MAX_RULES = 100;
const MAX_CALLS = 10_000;
/** Past this "out of turn" is another order altogether, and each message taken costs a step per one passed over. */
const MAX_WITHIN = 1_000;

const name = z.string().check(z.minLength(1), z.maxLength(200));
const milliseconds = z.int().check(z.gte(0), z.lte(MAX_MS));
const someMilliseconds = z.int().check(z.gte(1), z.lte(MAX_MS));
const chance = z.number().check(z.gte(0), z.lte(1));
const count = z.int().check(z.gte(1), z.lte(Number.MAX_SAFE_INTEGER));

/** What a rule applies to, and when. Whatever is left out doesn't limit it. */
const bounds = {
  /** Appears in reports. Its random numbers hang on it, so that they stay the same when the rest is edited. */
  name: z.optional(name),
  service: z.optional(z.enum(['sqs', 's3', 'secretsmanager', 'cloudwatch'])),
  /** As AWS names it: SendMessage, PutObject, GetSecretValue. */
  action: z.optional(
    z.string().check(z.regex(/^[A-Z][A-Za-z0-9]{0,99}$/, "must be an action's name, like SendMessage")),
  ),
  /** The queue's name. */
  queue: z.optional(name),
  /** How likely each call is struck. */
  probability: z.optional(chance),
  /** Which of the calls that it applies to are struck, counted from 1 since the plan was set. */
  calls: z.optional(z.array(count).check(z.minLength(1), z.maxLength(MAX_CALLS))),
  /** At most so many are struck. */
  times: z.optional(count),
  /** It begins so long after the plan was set, by the server's clock … */
  afterMs: z.optional(milliseconds),
  /** … and ends so long after its beginning. */
  forMs: z.optional(someMilliseconds),
};

const KINDS = {
  /** A 5xx before anything took effect. */
  error: z.strictObject({
    kind: z.literal('error'),
    ...bounds,
    status: z._default(z.union([z.literal(500), z.literal(503)], { error: 'must be 500 or 503' }), 500),
  }),
  /** Too many requests, in the service's own words; nothing took effect. */
  throttle: z.strictObject({ kind: z.literal('throttle'), ...bounds }),
  /** No answer until the client gives up, or until `ms` have passed and the connection is cut. */
  timeout: z.strictObject({
    kind: z.literal('timeout'),
    ...bounds,
    takesEffect: z._default(z.boolean(), false),
    ms: z._default(milliseconds, 60_000),
  }),
  /** The action takes effect, and the connection is cut instead of an answer. */
  'lose-answer': z.strictObject({ kind: z.literal('lose-answer'), ...bounds }),
  /** The action takes effect at once; what it answers comes `ms` later. Goes together with every other kind. */
  slow: z.strictObject({ kind: z.literal('slow'), ...bounds, ms: someMilliseconds }),
  /** Each entry of a batch fails with this probability, at least one of a batch that is struck. */
  partial: z.strictObject({
    kind: z.literal('partial'),
    ...bounds,
    entryProbability: chance,
    /** The entries that are said to have failed took effect all the same. */
    takesEffect: z._default(z.boolean(), false),
  }),
  /**
   * A receive gets a message that is in flight a second time (`in-flight`), or a delete succeeds and the
   * message comes back at once (`deleted`). One that would be dead-lettered instead of received is spared.
   */
  duplicate: z.strictObject({
    kind: z.literal('duplicate'),
    ...bounds,
    of: z._default(z.enum(['in-flight', 'deleted']), 'in-flight'),
  }),
  /**
   * Each message that a receive takes overtakes from 0 to `within` others whose turn it would be; and by so many at
   * most each is overtaken in all, as long as it waits.
   */
  reorder: z.strictObject({
    kind: z.literal('reorder'),
    ...bounds,
    within: z.int().check(z.gte(1), z.lte(MAX_WITHIN)),
  }),
  /** A message that is sent becomes receivable up to `upToMs` later than it should. */
  'delay-visibility': z.strictObject({
    kind: z.literal('delay-visibility'),
    ...bounds,
    upToMs: someMilliseconds,
  }),
  /** A receive that doesn't wait finds nothing, though there is something. */
  'empty-receive': z.strictObject({ kind: z.literal('empty-receive'), ...bounds }),
} as const;

/** The actions that a kind concerns; a kind that isn't here concerns all. */
const CONCERNS: Partial<Record<keyof typeof KINDS, readonly string[]>> = {
  partial: ['SendMessageBatch', 'DeleteMessageBatch', 'ChangeMessageVisibilityBatch'],
  reorder: ['ReceiveMessage'],
  'delay-visibility': ['SendMessage', 'SendMessageBatch'],
  'empty-receive': ['ReceiveMessage'],
};
const DUPLICATE_CONCERNS = {
  'in-flight': ['ReceiveMessage'],
  deleted: ['DeleteMessage', 'DeleteMessageBatch'],
} as const;

const unknownKind = (issue: { code: string }) =>
  issue.code === 'invalid_union' ? `must be one of ${Object.keys(KINDS).join(', ')}` : undefined;

const rule = z.discriminatedUnion(
  'kind',
  [
    KINDS.error,
    KINDS.throttle,
    KINDS.timeout,
    KINDS['lose-answer'],
    KINDS.slow,
    KINDS.partial,
    KINDS.duplicate,
    KINDS.reorder,
    KINDS['delay-visibility'],
    KINDS['empty-receive'],
  ],
  { error: unknownKind },
);

const plan = z.strictObject({
  /** The same seed and the same calls in the same order give the same faults. */
  seed: z._default(z.union([z.int(), name], { error: 'must be a whole number or text' }), 0),
  rules: z.array(rule).check(z.maxLength(MAX_RULES)),
});

/** A rule as it applies: everything left out that has a default is filled in. */
export type FaultRule = z.output<typeof rule>;
/** What is to go wrong, as it applies. */
export type FaultPlan = z.output<typeof plan>;
/** What is to go wrong, as it is written down. */
export type FaultPlanInput = z.input<typeof plan>;

/** A fault plan can't be read. Its message is one line that names the field. */
export class BadFaultPlan extends Error {
  override readonly name = 'BadFaultPlan';
}

/**
 * Reads a plan.
 * @throws BadFaultPlan
 */
export function readFaultPlan(value: unknown): FaultPlan {
  const checked = check(plan, value);
  if (!checked.ok)
    throw new BadFaultPlan(checked.faults.map(({ field, message }) => `${field} ${message}`).join('; '));
  for (const [index, each] of checked.value.rules.entries()) {
    const objection = objectionTo(each);
    if (objection !== undefined) throw new BadFaultPlan(`rules.${index}${objection}`);
  }
  return checked.value;
}

/** The actions that a rule's kind concerns; undefined: all. */
export function actionsOf(each: FaultRule): readonly string[] | undefined {
  return each.kind === 'duplicate' ? DUPLICATE_CONCERNS[each.of] : CONCERNS[each.kind];
}

/** Whether only a standard queue ever does such a thing. */
export function isForStandardQueues({ kind }: FaultRule): boolean {
  return kind === 'duplicate' || kind === 'reorder' || kind === 'delay-visibility';
}

/** What makes no sense about a rule: it would never strike, and its writer would wonder why. */
function objectionTo(each: FaultRule): string | undefined {
  const { kind, service, action, queue } = each;
  const concerned = actionsOf(each);
  const services = action === undefined ? [] : servicesWith(action);
  // Only SQS has queues.
  const named = service ?? (queue === undefined ? undefined : 'sqs');
  if (action !== undefined && (named === undefined ? services.length === 0 : !services.includes(named)))
    return `.action must be an action of ${named ?? 'sqs, s3, secretsmanager or cloudwatch'}: ${action} is none`;
  if (each.probability !== undefined && each.calls !== undefined)
    return ': probability and calls exclude each other';
  if (concerned !== undefined && action !== undefined && !concerned.includes(action))
    return `.action must be ${concerned.join(' or ')} for the kind ${kind}`;
  if (service !== undefined && service !== 'sqs' && (concerned !== undefined || queue !== undefined))
    return `.service must be sqs for ${concerned === undefined ? 'a queue' : `the kind ${kind}`}`;
  if (isForStandardQueues(each) && queue?.endsWith('.fifo') === true)
    return `.queue must be a standard queue: a FIFO queue never does such a thing (${kind})`;
  return undefined;
}
