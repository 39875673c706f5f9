import type { Clock } from '@huntaze/core/clock';
import { readEnvelope } from '@huntaze/core/envelope';
import { isSafeId } from '@huntaze/core/ids';
import { ATTRIBUTES } from '@huntaze/core/names';
import { check, operationMessage, type Kind, type OperationMessage } from '@huntaze/core/operations';
import type { JournalEntry } from './journal.ts';
import type { Log } from './log.ts';
import type { Held } from './queue.ts';

/** One navigation to the site, as an audit matches it with the site's own log. */
export interface Navigation {
  path: string;
  started_at_ms: number;
  answered_at_ms: number;
  status: number;
}

/** What is known of tries at the operation's effect. Of an operation without one nothing ever is. */
export interface Effect {
  /** The last try that Redis knows of. */
  tried: JournalEntry | undefined;
  /**
   * There was an attempt of which nothing is known but that it began, then or later if that is known (ms since the
   * epoch): it counts as tried.
   */
  presumed: { sinceMs: number | undefined } | undefined;
  /** It may have taken place, and nobody knows: then no error may end the operation as failed. */
  undecided: boolean;
}

/** Which operation a message is about. */
export interface OperationIds {
  operationId: string;
  creatorId: string;
  kind: string;
  correlationId: string;
  /** When it is not worth doing any more, ms since the epoch. */
  notAfter: number | undefined;
}

/** One attempt at one operation: all that the code that does it needs to know of where it runs. */
export interface Operation extends OperationIds {
  message: Held;
  body: OperationMessage;
  /** From 1. */
  attempt: number;
  startedAtMs: number;
  /** Aborts with the reason (LeaseLost, Interrupted) when the attempt has to end. */
  signal: AbortSignal;
  clock: Clock;
  /** Every line carries the operation's ids. */
  log: Log;
  effect: Effect;
  /** Filled while it runs, in the order of the site's answers. */
  navigations: Navigation[];
  /** Pages of the site whose answers were what we know; filled while it runs. */
  fits: Set<string>;
  /** The holder of the slot that decides on the site's breaker, if this operation has it. */
  probe: string | undefined;
}

/**
 * Whose operation a message is. A producer that sets no id gets the message's.
 * @throws UnreadableMessage when not even the creator can be read
 */
export function readIds(message: Held): OperationIds {
  const envelope = readEnvelope(message.body);
  const operationId = envelope.operationId ?? namedByLimiter(message) ?? message.id;
  return {
    operationId,
    creatorId: envelope.creatorId,
    kind: envelope.kind,
    notAfter: envelope.notAfter,
    correlationId: message.attributes[ATTRIBUTES.correlationId]?.StringValue ?? operationId,
  };
}

/** The id under which the limiter knows a message whose body names none. */
function namedByLimiter({ attributes }: Held): string | undefined {
  const id = attributes[ATTRIBUTES.operationId]?.StringValue ?? combined(attributes)[ATTRIBUTES.operationId];
  return isSafeId(id) ? id : undefined;
}

/** What the limiter added, where it had no room for attributes of their own. */
function combined(attributes: Held['attributes']): Record<string, unknown> {
  try {
    const added: unknown = JSON.parse(attributes[ATTRIBUTES.combined]?.StringValue ?? '{}');
    return typeof added === 'object' && added !== null ? (added as Record<string, unknown>) : {};
  } catch {
    return {}; // a producer's own attribute of that name
  }
}

/** The whole body, or what is wrong with it, in words. */
export function readBody(message: Held): { ok: true; body: OperationMessage } | { ok: false; error: string } {
  // readIds has parsed it before: it is JSON.
  const checked = check(operationMessage, JSON.parse(message.body));
  if (checked.ok) return { ok: true, body: checked.value };
  return {
    ok: false,
    error: checked.faults.map(({ field, message: what }) => `${field} ${what}`).join('; '),
  };
}

type ParamsOf<K extends Kind> = Extract<OperationMessage, { kind: K }>['params'];

/** The parameters of an operation that is known to be of this kind. */
export function paramsOf<K extends Kind>({ body }: Operation, kind: K): ParamsOf<K> {
  if (body.kind !== kind) throw new Error(`a ${body.kind} was taken for a ${kind}`);
  return body.params as unknown as ParamsOf<K>;
}
