import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';
import type { ScriptClient } from '@huntaze/core/lua';
import type { SqsPort } from './in-process-sqs.ts';

/**
 * A process that can die at any moment: what its calls did stands, and nothing of it ever goes on. Whatever the process
 * waits for, it must wait for through this.
 */
export class Life {
  readonly #died = Promise.withResolvers<void>();
  #isOver = false;

  /** Resolves when it dies. */
  get died(): Promise<void> {
    return this.#died.promise;
  }

  end(): void {
    this.#isOver = true;
    this.#died.resolve();
  }

  clock(clock: Clock): Clock {
    return { now: () => clock.now(), sleep: (ms, signal) => this.#live(() => clock.sleep(ms, signal)) };
  }

  sqs(sqs: SqsPort): SqsPort {
    const send = (command: never, more: never) =>
      this.#live(() => sqs.send(command, more) as Promise<unknown>);
    // The SDK types `send` by the command given; here it is one function for all.
    return { send: send as SQSClient['send'] };
  }

  redis(redis: ScriptClient): ScriptClient {
    return {
      evalsha: (...call) => this.#live(() => redis.evalsha(...call)),
      eval: (...call) => this.#live(() => redis.eval(...call)),
    };
  }

  async #live<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isOver) return NEVER;
    try {
      return await call();
    } finally {
      if (this.#isOver) await NEVER;
    }
  }
}

const NEVER = new Promise<never>(() => undefined);
