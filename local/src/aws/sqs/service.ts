import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws-error.ts';
import type { JsonService } from '../http/json-protocol.ts';
import { Input } from '../input.ts';
import { actions } from './actions/index.ts';
import { SqsEngine } from './engine.ts';
import { missingParameter } from './errors.ts';
import { LongPolls } from './long-poll.ts';
import { QueueUrls } from './queue-urls.ts';

/** SQS behind its JSON protocol: runs actions on the engine and lets waiting receives profit from them. */
export class SqsService implements JsonService {
  readonly version = '1.0';
  readonly engine: SqsEngine;
  readonly urls: QueueUrls;
  readonly #clock: Clock;
  readonly #polls: LongPolls;

  constructor(options: { clock: Clock; region: string }) {
    this.#clock = options.clock;
    this.engine = new SqsEngine({ region: options.region });
    this.#polls = new LongPolls(options.clock, () => this.engine.takeTouched());
    this.urls = new QueueUrls();
  }

  /** How many receives are waiting for a message. */
  get waiting(): number {
    return this.#polls.size;
  }

  /** @param signal aborted when the caller has gone */
  async handle(action: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (run === undefined)
      throw new AwsError({
        shape: 'com.amazon.coral.service#UnknownOperationException',
        code: 'InvalidAction',
        message: `The action ${action} is not valid for this endpoint.`,
      });
    const now = this.#clock.now();
    const context = { engine: this.engine, polls: this.#polls, urls: this.urls, now, signal };
    try {
      // An action does its work before it first awaits: what it touched is known as soon as it returns.
      const answer = run(context, new Input(body, missingParameter));
      this.#polls.settleTouched();
      return await answer;
    } finally {
      this.#polls.settleTouched();
    }
  }

  /** Ends every waiting receive. */
  close(): void {
    this.#polls.close();
  }
}
