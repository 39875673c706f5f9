import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws-error.ts';
import type { JsonService } from '../http/json-protocol.ts';
import { Input } from '../input.ts';
import { actions } from './actions/index.ts';
import type { SqsEngine } from './engine.ts';
import { missingParameter } from './errors.ts';
import { LongPolls } from './long-poll.ts';
import { QueueUrls } from './queue-urls.ts';

/** SQS behind its JSON protocol: runs actions on the engine and lets waiting receives profit from them. */
export class SqsService implements JsonService {
  readonly version = '1.0';
  readonly #engine: SqsEngine;
  readonly urls: QueueUrls;
  readonly #clock: Clock;
  readonly #polls: LongPolls;
  readonly #commit: () => void;

  /** @param options.commit makes the engine's changes durable, or throws */
  constructor(options: { clock: Clock; engine: SqsEngine; commit: () => void }) {
    this.#clock = options.clock;
    this.#engine = options.engine;
    this.#commit = options.commit;
    this.#polls = new LongPolls(options.clock, () => this.#engine.takeTouched());
    this.urls = new QueueUrls();
  }

  /** How many receives are waiting for a message. */
  get waiting(): number {
    return this.#polls.size;
  }

  /**
   * Answers only once everything that has changed by then is durable, whether by this request, another, or
   * time. While an earlier change can't be written, no further one is made.
   * @param signal aborted when the caller has gone
   */
  async handle(action: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (run === undefined)
      throw new AwsError({
        shape: 'com.amazon.coral.service#UnknownOperationException',
        code: 'InvalidAction',
        message: `The action ${action} is not valid for this endpoint.`,
      });
    this.#commit();
    const now = this.#clock.now();
    const context = { engine: this.#engine, polls: this.#polls, urls: this.urls, now, signal };
    try {
      // An action does its work before it first awaits: what it touched is known as soon as it returns.
      const answer = run(context, new Input(body, missingParameter));
      this.#polls.settleTouched();
      return await answer;
    } finally {
      this.#polls.settleTouched();
      this.#commit();
    }
  }

  /** Ends every waiting receive. */
  close(): void {
    this.#polls.close();
  }
}
