import { createHash } from 'node:crypto';
import { noteRepeat, readOperation, repeatOf, type Accepted } from '@huntaze/core/lua';
import type { OperationRequest } from '@huntaze/core/operations';
import { fromLine } from '../http/from-line.ts';
import { acceptOperation, type Intake } from './accept.ts';

/** An operation that is to be asked for again. */
export interface Repeat {
  /** The one that it was; undefined where its producer has named none. */
  of: string | undefined;
  /** What it is known by where it has no name. */
  letterId?: string;
  request: OperationRequest;
}

/** What came of it. */
export type Repeated = Pick<Accepted, 'operationId' | 'state'> & Partial<Accepted>;

/**
 * Asks for an operation again, as a new one that names the old. However often and by whomever that is asked, it is one:
 * under a key that follows from the old operation, which holds for a day, and by what is noted with the old one, which
 * holds for as long as that is remembered. Only where the new one was cancelled or has expired is there another.
 * @throws what acceptOperation throws; Refusal 503
 */
export async function askAgain(
  api: Intake,
  { of, letterId = '', request }: Repeat,
  now: number,
): Promise<Repeated> {
  const known = of === undefined ? undefined : await fromLine(repeatOf(api.redis, of));
  const earlier =
    known === undefined
      ? undefined
      : await fromLine(readOperation(api.redis, api.limit, known, api.lineNow?.()));
  const isUndone = earlier?.state === 'cancelled' || earlier?.state === 'expired';
  // It is noted only once its message was sent.
  if (known !== undefined && earlier && !isUndone) return { operationId: known, state: earlier.state };
  const instead = isUndone ? known : undefined;
  const place = await acceptOperation(api, request, keyOf(of ?? letterId, instead, request), now, { of });
  if (of === undefined) return place;
  try {
    await noteRepeat(api.redis, of, { by: place.operationId, instead });
  } catch (error) {
    // It is accepted all the same, and known by its key.
    api.log({
      message: 'repeat not noted',
      operation_id: of,
      again: place.operationId,
      error: String(error),
    });
  }
  return place;
}

/** No caller's key can be the same: theirs are hashed with their token. */
function keyOf(of: string, instead: string | undefined, request: OperationRequest) {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  return { key: hash(`again:${of}:${instead ?? ''}`), fingerprint: hash(JSON.stringify(request)) };
}

/** Why a request isn't worth asking for again; undefined where it is. */
export function isOver({ not_after }: OperationRequest, now: number): string | undefined {
  return not_after !== undefined && Date.parse(not_after) <= now
    ? `it was not worth doing after ${not_after}: ask for it anew`
    : undefined;
}
