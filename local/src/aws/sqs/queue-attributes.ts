import { invalidAttributeName, invalidAttributeValue, invalidValue } from './errors.ts';
import { isPolicy } from './permissions.ts';

/** The largest message, and the largest sum of a batch. Bytes. */
export const MAX_MESSAGE_BYTES = 1_048_576;
/**
 * The longest policy. AWS says it of access policies; the other two are shorter by what they may contain.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
 */
const MAX_POLICY_BYTES = 8_192;
/** The longest visibility timeout, counted from the receive. Seconds. */
export const MAX_VISIBILITY_SECONDS = 43_200;

interface Definition {
  default?: string;
  /** Whether the value is allowed. */
  allows: (value: string) => boolean;
  fifoOnly?: boolean;
  /** Only CreateQueue may set it. */
  fixed?: boolean;
}

const between = (min: number, max: number) => (value: string) =>
  /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max;
const oneOf =
  (...words: string[]) =>
  (value: string) =>
    words.includes(value);
const jsonOrEmpty = (value: string) =>
  value === '' || (Buffer.byteLength(value) <= MAX_POLICY_BYTES && parseObject(value) !== undefined);

/** Every attribute that can be set, with AWS's bounds and defaults. Policies and keys are kept, not enforced. */
const DEFINITIONS: Readonly<Record<string, Definition>> = {
  DelaySeconds: { default: '0', allows: between(0, 900) },
  MaximumMessageSize: { default: String(MAX_MESSAGE_BYTES), allows: between(1_024, MAX_MESSAGE_BYTES) },
  MessageRetentionPeriod: { default: '345600', allows: between(60, 1_209_600) },
  ReceiveMessageWaitTimeSeconds: { default: '0', allows: between(0, 20) },
  VisibilityTimeout: { default: '30', allows: between(0, MAX_VISIBILITY_SECONDS) },
  Policy: { allows: value => value === '' || (jsonOrEmpty(value) && isPolicy(value)) },
  RedrivePolicy: { allows: jsonOrEmpty },
  RedriveAllowPolicy: { allows: jsonOrEmpty },
  KmsMasterKeyId: { allows: value => value.length <= 2_048 },
  KmsDataKeyReusePeriodSeconds: { allows: between(60, 86_400) },
  SqsManagedSseEnabled: { default: 'true', allows: oneOf('true', 'false') },
  FifoQueue: { allows: oneOf('true'), fifoOnly: true, fixed: true },
  ContentBasedDeduplication: { default: 'false', allows: oneOf('true', 'false'), fifoOnly: true },
  DeduplicationScope: { default: 'queue', allows: oneOf('queue', 'messageGroup'), fifoOnly: true },
  FifoThroughputLimit: {
    default: 'perQueue',
    allows: oneOf('perQueue', 'perMessageGroupId'),
    fifoOnly: true,
  },
};

interface RedrivePolicy {
  deadLetterArn: string;
  maxReceiveCount: number;
}

/** Which queues may name this one as their dead-letter queue: all, or those with these ARNs. */
type RedriveAllowPolicy = 'all' | readonly string[];

/** The most queues that a redrive allow policy may name. */
const MAX_ALLOWED_SOURCES = 10;

/** What the queue works by. Durations in milliseconds. */
export interface QueueSettings {
  delayMs: number;
  maximumMessageBytes: number;
  retentionMs: number;
  waitMs: number;
  visibilityMs: number;
  redrive: RedrivePolicy | undefined;
  redriveAllowed: RedriveAllowPolicy;
  contentBasedDeduplication: boolean;
  deduplicationScope: 'queue' | 'messageGroup';
}

/** Whether SQS has a settable attribute of this name, on whatever kind of queue. */
export function isAttributeName(name: string): boolean {
  return Object.hasOwn(DEFINITIONS, name);
}

/** The attributes a new queue has before any are set. */
export function defaultAttributes(fifo: boolean): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [name, definition] of Object.entries(DEFINITIONS))
    if (definition.default !== undefined && (fifo || definition.fifoOnly !== true))
      attributes.set(name, definition.default);
  if (fifo) attributes.set('FifoQueue', 'true');
  return attributes;
}

/**
 * Checks attributes that somebody wants to set.
 * @throws InvalidAttributeName, InvalidAttributeValue; InvalidParameterValue for a malformed redrive (allow) policy
 */
export function checkAttributes(
  wanted: ReadonlyMap<string, string>,
  queue: { fifo: boolean; creating: boolean },
): void {
  for (const [name, value] of wanted) {
    const definition = Object.hasOwn(DEFINITIONS, name) ? DEFINITIONS[name] : undefined;
    if (definition === undefined || (definition.fifoOnly === true && !queue.fifo))
      throw invalidAttributeName(name);
    if (!definition.allows(value)) throw invalidAttributeValue(name);
    if (definition.fixed === true && !queue.creating) throw invalidAttributeName(name);
  }
  const redrive = wanted.get('RedrivePolicy');
  if (redrive !== undefined) readRedrivePolicy(redrive);
  readRedriveAllowPolicy(wanted.get('RedriveAllowPolicy') ?? '');
}

/** Attributes that an empty value takes away. */
const REMOVABLE = ['RedrivePolicy', 'RedriveAllowPolicy', 'Policy', 'KmsMasterKeyId'];
/** How long a data key is used if nobody says. Seconds. */
const DEFAULT_KEY_REUSE = '300';

/**
 * What `attributes` are with `changes`, all checked one by one. A KMS key takes the place of the encryption by
 * SQS itself: "Only one server-side encryption option is supported per queue" (SetQueueAttributes).
 * @throws InvalidParameterValue for a throughput limit per group without deduplication per group
 */
export function withChanges(
  attributes: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, string>,
): Map<string, string> {
  const all = new Map([...attributes, ...changes]);
  for (const name of REMOVABLE) if (all.get(name) === '') all.delete(name);
  if (changes.has('KmsMasterKeyId') && all.has('KmsMasterKeyId')) {
    all.set('SqsManagedSseEnabled', 'false');
    if (!all.has('KmsDataKeyReusePeriodSeconds')) all.set('KmsDataKeyReusePeriodSeconds', DEFAULT_KEY_REUSE);
  }
  if (all.get('FifoThroughputLimit') === 'perMessageGroupId' && all.get('DeduplicationScope') === 'queue')
    throw invalidValue(
      'perMessageGroupId',
      'FifoThroughputLimit',
      'It is allowed only when the value for DeduplicationScope is messageGroup.',
    );
  return all;
}

/** The settings that `attributes`, all checked, amount to. */
export function readSettings(attributes: ReadonlyMap<string, string>): QueueSettings {
  const number = (name: string) => Number(attributes.get(name));
  return {
    delayMs: number('DelaySeconds') * 1_000,
    maximumMessageBytes: number('MaximumMessageSize'),
    retentionMs: number('MessageRetentionPeriod') * 1_000,
    waitMs: number('ReceiveMessageWaitTimeSeconds') * 1_000,
    visibilityMs: number('VisibilityTimeout') * 1_000,
    redrive: readRedrivePolicy(attributes.get('RedrivePolicy') ?? ''),
    redriveAllowed: readRedriveAllowPolicy(attributes.get('RedriveAllowPolicy') ?? ''),
    contentBasedDeduplication: attributes.get('ContentBasedDeduplication') === 'true',
    deduplicationScope: attributes.get('DeduplicationScope') === 'messageGroup' ? 'messageGroup' : 'queue',
  };
}

/** Reads a redrive policy; an empty one means none. maxReceiveCount is 1 to 1,000 and may be a string. */
function readRedrivePolicy(value: string): RedrivePolicy | undefined {
  if (value === '') return undefined;
  const policy = parseObject(value) ?? {};
  const deadLetterArn = policy['deadLetterTargetArn'];
  const maxReceiveCount = Number(policy['maxReceiveCount']);
  if (typeof deadLetterArn !== 'string' || deadLetterArn === '')
    throw invalidValue(
      value,
      'RedrivePolicy',
      'Redrive policy does not contain mandatory attribute: deadLetterTargetArn.',
    );
  if (policy['maxReceiveCount'] === undefined)
    throw invalidValue(
      value,
      'RedrivePolicy',
      'Redrive policy does not contain mandatory attribute: maxReceiveCount.',
    );
  if (!Number.isInteger(maxReceiveCount) || maxReceiveCount < 1 || maxReceiveCount > 1_000)
    throw invalidValue(
      value,
      'RedrivePolicy',
      'Invalid value for maxReceiveCount: it must be from 1 to 1000.',
    );
  return { deadLetterArn, maxReceiveCount };
}

/** Reads a redrive allow policy; an empty one allows all. */
function readRedriveAllowPolicy(value: string): RedriveAllowPolicy {
  if (value === '') return 'all';
  const { redrivePermission: permission, sourceQueueArns: arns } = parseObject(value) ?? {};
  const refuse = (reason: string) => invalidValue(value, 'RedriveAllowPolicy', reason);
  if (permission === 'byQueue') {
    if (!Array.isArray(arns) || !arns.every(arn => typeof arn === 'string'))
      throw refuse('sourceQueueArns must be given with redrivePermission byQueue.');
    if (arns.length < 1 || arns.length > MAX_ALLOWED_SOURCES)
      throw refuse('sourceQueueArns must name from 1 to 10 queues.');
    return arns;
  }
  if (arns !== undefined) throw refuse('sourceQueueArns can only be given with redrivePermission byQueue.');
  if (permission === 'allowAll') return 'all';
  if (permission === 'denyAll') return [];
  throw refuse('redrivePermission must be allowAll, denyAll or byQueue.');
}

function parseObject(value: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
