import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { withAdded } from '@huntaze/core/attributes';
import { ATTRIBUTES } from '@huntaze/core/names';
import type { SQSMessageAttributes } from 'aws-lambda';

/** SQS's own limit for one message. */
const MOST_ATTRIBUTES = 10;

export type Attributes = Record<string, MessageAttributeValue>;

/** Message attributes in one line, as the line keeps them: a third of what Lambda's own shape takes. */
export function packAttributes(attributes: SQSMessageAttributes): string {
  return JSON.stringify(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) =>
      binaryValue === undefined || binaryValue === null
        ? [name, dataType, stringValue ?? '']
        : [name, dataType, null, binaryValue],
    ),
  );
}

/** What {@link packAttributes} packed, in the shape in which SQS takes them. */
export function unpackAttributes(packed: string): Attributes {
  const entries = JSON.parse(packed) as [string, string, string | null, string?][];
  return Object.fromEntries(
    entries.map(([name, DataType, text, binary = '']) => [
      name,
      text === null
        ? { DataType, BinaryValue: Buffer.from(binary, 'base64') }
        : { DataType, StringValue: text },
    ]),
  );
}

/**
 * What the limiter tells about its decision (requirement 2.4), added to the originals; with the operation's id, if the
 * body has none and there is room for it.
 */
export function withDecision(
  originals: Attributes,
  decision: { at: number; tokensRemaining: number; version: string; operationId?: string | undefined },
): Attributes {
  const decided = {
    [ATTRIBUTES.timestamp]: { DataType: 'String', StringValue: new Date(decision.at).toISOString() },
    [ATTRIBUTES.tokensRemaining]: { DataType: 'Number', StringValue: String(decision.tokensRemaining) },
    [ATTRIBUTES.version]: { DataType: 'String', StringValue: decision.version },
  };
  const { operationId } = decision;
  if (operationId === undefined) return withAdded(originals, decided, ATTRIBUTES.combined);
  const named = { ...decided, [ATTRIBUTES.operationId]: { DataType: 'String', StringValue: operationId } };
  const isRoomForThreeOnly =
    Object.keys({ ...originals, ...decided }).length === MOST_ATTRIBUTES &&
    !(ATTRIBUTES.operationId in originals);
  return withAdded(originals, isRoomForThreeOnly ? decided : named, ATTRIBUTES.combined);
}

/** Why a message was dead-lettered, added to the originals. */
export function withReason(originals: Attributes, reason: string): Attributes {
  return withAdded(
    originals,
    { [ATTRIBUTES.reason]: { DataType: 'String', StringValue: reason } },
    ATTRIBUTES.reason,
  );
}
