import { invalidAttributeName, invalidAttributeValue, invalidValue } from './errors.ts';

/** The largest message, and the largest sum of a batch. Bytes. */
export const MAX_MESSAGE_BYTES = 1_048_576;
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
const jsonOrEmpty = (value: string) => value === '' || parseObject(value) !== undefined;

/** Every attribute that can be set, with AWS's bounds and defaults. Policies and keys are kept, not enforced. */
const DEFINITIONS: Readonly<Record<string, Definition>> = {
  DelaySeconds: { default: '0', allows: between(0, 900) },
  MaximumMessageSize: { default: String(MAX_MESSAGE_BYTES), allows: between(1_024, MAX_MESSAGE_BYTES) },
  MessageRetentionPeriod: { default: '345600', allows: between(60, 1_209_600) },
  ReceiveMessageWaitTimeSeconds: { default: '0', allows: between(0, 20) },
  VisibilityTimeout: { default: '30', allows: between(0, MAX_VISIBILITY_SECONDS) },
  Policy: { allows: jsonOrEmpty },
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

/** What the queue works by. Durations in milliseconds. */
export interface QueueSettings {
  delayMs: number;
  maximumMessageBytes: number;
  retentionMs: number;
  waitMs: number;
  visibilityMs: number;
  redrive: RedrivePolicy | undefined;
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
 * @throws InvalidAttributeName, InvalidAttributeValue; InvalidParameterValue for a malformed redrive policy
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
