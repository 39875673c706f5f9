import type { OperationRequest, State } from '@huntaze/core/operations';
import type { Result } from '@huntaze/scraper/results';
import type { Passage } from './scenario.ts';

/** What the book knows of an operation; the queues know the rest. */
type Entry = Omit<Passage, 'forwardedAtMs' | 'forwards' | 'receives'>;

/** Who was accepted and who has ended. An operation can have ended before its producer knows that it is accepted. */
export class Book {
  readonly #accepted = new Map<string, Pick<Passage, 'operationId' | 'request' | 'acceptedAtMs'>>();
  readonly #ends = new Map<string, { state: State; endedAtMs: number }>();
  readonly #results = new Map<string, Result>();
  readonly #everythingEnded = Promise.withResolvers<void>();
  #isAllAsked = false;
  #open = 0;

  /** Resolves when everything was asked for, and whatever of it was accepted has ended. */
  get everythingEnded(): Promise<void> {
    return this.#everythingEnded.promise;
  }

  /** How many were accepted and have not ended. */
  get open(): number {
    return this.#open;
  }

  /** Those who were accepted and have not ended. */
  openOnes(): Pick<Passage, 'operationId' | 'request'>[] {
    return [...this.#accepted.values()].filter(({ operationId }) => !this.#ends.has(operationId));
  }

  get ended(): number {
    return this.#accepted.size - this.#open;
  }

  accepted(operationId: string, request: OperationRequest, acceptedAtMs: number): void {
    this.#accepted.set(operationId, { operationId, request, acceptedAtMs });
    if (!this.#ends.has(operationId)) this.#open += 1;
  }

  /** Nothing more will be asked for. */
  allAsked(): void {
    this.#isAllAsked = true;
    this.#note();
  }

  /** The first end is the one that counts. */
  end(operationId: string, state: State, endedAtMs: number): void {
    if (this.#ends.has(operationId)) return;
    this.#ends.set(operationId, { state, endedAtMs });
    if (this.#accepted.has(operationId)) this.#open -= 1;
    this.#note();
  }

  result(result: Result): void {
    this.#results.set(result.operation_id, result);
  }

  resultOf(operationId: string): Result | undefined {
    return this.#results.get(operationId);
  }

  entries(): Entry[] {
    return [...this.#accepted.values()].map(passage => ({
      state: undefined,
      endedAtMs: undefined,
      ...passage,
      ...this.#ends.get(passage.operationId),
      result: this.resultOf(passage.operationId),
    }));
  }

  #note(): void {
    if (this.#isAllAsked && this.#open === 0) this.#everythingEnded.resolve();
  }
}
