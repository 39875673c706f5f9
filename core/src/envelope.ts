import { isSafeId, SAFE_ID_RULE } from './ids.ts';

/** What the limiter needs of a message's body; everything else is passed on unread. */
export interface Envelope {
  /** Undefined for older producers that set no id: the SQS message id stands in. */
  operationId: string | undefined;
  kind: string;
  creatorId: string;
  /** When it is not worth doing any more, ms since the epoch; undefined where that isn't said, or can't be read. */
  notAfter: number | undefined;
}

/** The body can't be put in line: not JSON, or no usable creator. The message says why, without quoting it. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

/**
 * Reads id, kind, creator and expiry from a message's body.
 * Older producers write `creatorId`, `userId` and `messageId`; the creator goes before the user.
 * @throws UnreadableMessage naming the field that is wrong
 */
export function readEnvelope(body: string): Envelope {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new UnreadableMessage('body is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new UnreadableMessage('body is not a JSON object');
  const fields = parsed as Record<string, unknown>;
  const creatorId = pickId(fields, ['creator_id', 'user_id', 'creatorId', 'userId']);
  if (creatorId === undefined) throw new UnreadableMessage('creator_id is missing');
  const kind = typeof fields['kind'] === 'string' ? fields['kind'] : 'unknown';
  const operationId = pickId(fields, ['operation_id', 'messageId']);
  return { operationId, kind, creatorId, notAfter: timeOf(fields['not_after']) };
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return time > 0 ? time : undefined;
}

function pickId(fields: Record<string, unknown>, names: string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    if (value === undefined || value === null || value === '') continue;
    const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    if (!isSafeId(id)) throw new UnreadableMessage(`${name} must be ${SAFE_ID_RULE}`);
    return id;
  }
  return undefined;
}
