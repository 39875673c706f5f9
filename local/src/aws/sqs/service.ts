import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws-error.ts';
import type { QueueMeasure } from '../cloudwatch/cloud-watch.ts';
import { sqsCall } from '../faults/call.ts';
import type { Faults, Strikes } from '../faults/faults.ts';
import { misbehave } from '../faults/misbehave.ts';
import { underFaults } from '../faults/under-faults.ts';
import type { JsonService } from '../http/json-protocol.ts';
import { Input } from '../input.ts';
import { actions } from './actions/index.ts';
import type { SqsEngine } from './engine.ts';
import { missingParameter } from './errors.ts';
import { LongPolls } from './long-poll.ts';
import { MoveTimer } from './move-timer.ts';
import { QueueUrls } from './queue-urls.ts';

/** SQS behind its JSON protocol: runs actions on the engine and lets waiting receives profit from them. */
export class SqsService implements JsonService {
  readonly version = '1.0';
  readonly #engine: SqsEngine;
  readonly urls: QueueUrls;
  readonly #clock: Clock;
  readonly #polls: LongPolls;
  readonly #moves: MoveTimer;
  readonly #commit: () => void;
  readonly #faults: Faults | undefined;

  /**
   * @param options.commit makes the engine's changes durable, or throws
   * @param options.faults what goes wrong; undefined: nothing ever does
   */
  constructor(options: { clock: Clock; engine: SqsEngine; commit: () => void; faults?: Faults | undefined }) {
    this.#clock = options.clock;
    this.#engine = options.engine;
    this.#commit = options.commit;
    this.#faults = options.faults;
    this.#polls = new LongPolls(options.clock, () => this.#engine.takeTouched());
    this.#moves = new MoveTimer(options.clock, options.engine, () => this.#polls.settleTouched());
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
   * @throws AwsError; NoAnswer where a fault plan lets the answer be lost or not come in time
   */
  async handle(action: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    if (this.#faults?.isOn !== true) return this.#carryOut(action, body, signal);
    const strikes = this.#faults.strikesOn(sqsCall(action, body));
    if (strikes === undefined) return this.#carryOut(action, body, signal);
    return underFaults(strikes, { service: 'sqs', clock: this.#clock, signal }, () =>
      this.#carryOut(action, body, signal, strikes),
    );
  }

  async #carryOut(action: string, body: unknown, signal: AbortSignal, strikes?: Strikes): Promise<unknown> {
    const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (run === undefined)
      throw new AwsError({
        shape: 'com.amazon.coral.service#UnknownOperationException',
        code: 'InvalidAction',
        message: `The action ${action} is not valid for this endpoint.`,
      });
    this.#commit();
    const now = this.#clock.now();
    this.#engine.moves.advance(now);
    const context = { engine: this.#engine, polls: this.#polls, urls: this.urls, now, signal };
    try {
      // An action does its work before it first awaits: what it touched is known as soon as it returns.
      const perform = (request: unknown) => run(context, new Input(request, missingParameter));
      const answer =
        strikes === undefined
          ? Promise.resolve(perform(body))
          : misbehave(strikes, { engine: this.#engine, action, body, now }, perform);
      this.#polls.settleTouched();
      return await answer;
    } finally {
      this.#moves.set();
      this.#polls.settleTouched();
      this.#commit();
    }
  }

  /** What SQS tells CloudWatch of its queues. */
  measure(): QueueMeasure[] {
    const now = this.#clock.now();
    const measured = this.#engine.queues().map(queue => {
      const { available: visible, inFlight, delayed } = queue.counts(now);
      const age = queue.oldestAge(now);
      const oldestAge = age === undefined ? undefined : Math.floor(age / 1_000);
      return { name: queue.name, visible, inFlight, delayed, oldestAge };
    });
    // What was due by then has happened with that.
    this.#polls.settleTouched();
    return measured;
  }

  /** Ends every waiting receive. */
  close(): void {
    this.#moves.close();
    this.#polls.close();
  }
}
