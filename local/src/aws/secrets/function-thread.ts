import { Worker } from 'node:worker_threads';
import type { Clock } from '@huntaze/core/clock';
import type { ThreadCall, ThreadReply } from './function-thread-entry.ts';
import type { RotationEvent, RotationFunction } from './rotation-steps.ts';

/** A function as it is deployed. */
export interface BundledFunction {
  arn: string;
  /** The ES module that exports `handler`. */
  bundle: string;
  /** All that it finds in its environment. */
  env: Readonly<Record<string, string>>;
  timeoutSeconds: number;
}

/** A thread that has had nothing to do for so long ends: a rotation is rare, and its memory isn't small. Milliseconds. */
const IDLE_MS = 30_000;

/** The function ended with an error: with its name, which may be told, and its message, which may not. */
class FunctionFailed extends Error {
  constructor({ name, message }: { name: string; message: string }) {
    super(message);
    this.name = name;
  }
}

/**
 * Runs a function's bundle as Lambda would with a concurrency of one: in a thread of its own, which it keeps from one
 * invocation to the next and finds gone after a time-out, or after a while without any. What it prints goes where this
 * process prints.
 */
export class FunctionThread {
  readonly #function: BundledFunction;
  readonly #clock: Clock;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #idle = new AbortController();

  /** @param clock the one that the function runs by */
  constructor(bundled: BundledFunction, clock: Clock) {
    this.#function = bundled;
    this.#clock = clock;
  }

  /** Invokes it once those before have come to their end. @throws with the name of the function's error */
  readonly invoke: RotationFunction = event => {
    const mine = this.#last.then(() => this.#invokeNow(event));
    this.#last = mine.catch(() => undefined);
    return mine;
  };

  /** Ends it, whatever it is doing. */
  async close(): Promise<void> {
    this.#idle.abort();
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #invokeNow(event: RotationEvent): Promise<void> {
    this.#idle.abort();
    const worker = (this.#worker ??= this.#start());
    const { arn, timeoutSeconds } = this.#function;
    const over = new AbortController();
    const timeout = async (): Promise<ThreadReply> => {
      await this.#clock.sleep(timeoutSeconds * 1_000, over.signal);
      return { error: { name: 'Sandbox.Timedout', message: `${arn} takes longer than ${timeoutSeconds} s` } };
    };
    const call: ThreadCall = { event, arn, deadline: this.#clock.now() + timeoutSeconds * 1_000 };
    worker.postMessage(call);
    try {
      const reply = await Promise.race([this.#reply(worker, over.signal), timeout()]);
      if (reply.error === undefined) return;
      if (!('answered' in reply)) await this.close(); // It hangs, or has ended.
      throw new FunctionFailed(reply.error);
    } finally {
      over.abort();
      if (this.#worker) this.#endWhenIdle();
    }
  }

  /** What the thread says; an error of its own when it ends without a word, as one whose bundle can't be loaded does. */
  #reply(worker: Worker, over: AbortSignal): Promise<ThreadReply> {
    return new Promise(resolve => {
      const failed = (error: Error) => resolve({ error: { name: error.name, message: error.message } });
      const ended = (code: number) => failed(new Error(`the function ended with exit code ${code}`));
      worker.once('message', resolve).once('error', failed).once('exit', ended);
      over.addEventListener('abort', () =>
        worker.off('message', resolve).off('error', failed).off('exit', ended),
      );
    });
  }

  #start(): Worker {
    const entry = new URL('function-thread-entry.ts', import.meta.url);
    const worker = new Worker(entry, { workerData: this.#function.bundle, env: { ...this.#function.env } });
    worker.unref(); // It keeps no process that would end.
    worker.on('error', () => undefined); // Whoever waits for its answer hears of it.
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }

  #endWhenIdle(): void {
    this.#idle = new AbortController();
    this.#clock.sleep(IDLE_MS, this.#idle.signal).then(
      () => this.close(),
      () => undefined, // There was something to do.
    );
  }
}
