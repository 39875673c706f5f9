import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { ATTRIBUTES } from '@huntaze/core/names';
import type { SQSMessageAttributes } from 'aws-lambda';

/** SQS's own limit for one message. */
const MOST_ATTRIBUTES = 10;

export type Attributes = Record<string, MessageAttributeValue>;

/** Message attributes as Lambda hands them over, in the shape in which SQS takes them. */
export function toSqsAttributes(attributes: SQSMessageAttributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      value.binaryValue === undefined || value.binaryValue === null
        ? { DataType: value.dataType, StringValue: value.stringValue ?? '' }
        : { DataType: value.dataType, BinaryValue: Buffer.from(value.binaryValue, 'base64') },
    ]),
  );
}

/**
 * The originals with `added` beside them. Where SQS's limit leaves no room for all, they travel as one JSON
 * attribute called `combined`; where there is no room even for that, they are left out. The originals stay.
 */
function withAdded(originals: Attributes, added: Attributes, combined: string): Attributes {
  const kept = Object.fromEntries(
    Object.entries(originals).filter(([name]) => !(name in added) && name !== combined),
  );
  const room = MOST_ATTRIBUTES - Object.keys(kept).length;
  if (room >= Object.keys(added).length) return { ...kept, ...added };
  if (room < 1) return kept;
  const values = Object.fromEntries(Object.entries(added).map(([name, value]) => [name, value.StringValue]));
  return { ...kept, [combined]: { DataType: 'String', StringValue: JSON.stringify(values) } };
}

/** What the limiter tells about its decision (requirement 2.4), added to the originals. */
export function withDecision(
  originals: Attributes,
  decision: { at: number; tokensRemaining: number; version: string },
): Attributes {
  return withAdded(
    originals,
    {
      [ATTRIBUTES.timestamp]: { DataType: 'String', StringValue: new Date(decision.at).toISOString() },
      [ATTRIBUTES.tokensRemaining]: { DataType: 'Number', StringValue: String(decision.tokensRemaining) },
      [ATTRIBUTES.version]: { DataType: 'String', StringValue: decision.version },
    },
    ATTRIBUTES.combined,
  );
}

/** Why a message was dead-lettered, added to the originals. */
export function withReason(originals: Attributes, reason: string): Attributes {
  return withAdded(
    originals,
    { [ATTRIBUTES.reason]: { DataType: 'String', StringValue: reason } },
    ATTRIBUTES.reason,
  );
}
