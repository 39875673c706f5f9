import type { AttemptEnd, StartedAttempt, Tried } from '@huntaze/core/lua';
import type { OperationIds } from './operation.ts';

/** What Redis knows of each operation, as the API shows it. Every call rejects when it can't be had. */
export interface Ledger {
  /**
   * Notes that an attempt begins, and counts it; an operation that has ended stays as it is.
   * @throws AnothersOperation
   */
  start(ids: OperationIds): Promise<StartedAttempt>;
  /** Notes a try at the operation's effect. False: it must not be made. */
  note(ids: OperationIds, tried: Tried): Promise<boolean>;
  end(end: AttemptEnd): Promise<void>;
}

/** The id is known, as the operation of another creator: the message is forged, or its producer is broken. */
export class AnothersOperation extends Error {
  override readonly name = 'AnothersOperation';
}
