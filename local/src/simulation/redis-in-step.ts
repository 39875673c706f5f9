import type { ScriptClient } from '@huntaze/core/lua';

/** A client that can be told anything, not only to run scripts. */
export interface RedisClient extends ScriptClient {
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
}

/**
 * A real Redis under a virtual clock. Calls go out one after the other, each only when everything that the answer
 * before it set off has happened: so a run depends on its seed alone, not on how replies are cut into packets.
 */
export class RedisInStep implements RedisClient {
  readonly #client: RedisClient;
  #last: Promise<unknown> = Promise.resolve();
  #open = 0;
  /** How many scripts were run. */
  calls = 0;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  evalsha(sha: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown> {
    this.calls += 1;
    return this.#inTurn(() => this.#client.evalsha(sha, numberOfKeys, ...args));
  }

  eval(text: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown> {
    return this.#inTurn(() => this.#client.eval(text, numberOfKeys, ...args));
  }

  call(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#inTurn(() => this.#client.call(command, ...args));
  }

  /** Resolves when no call is under way, and what the last answer set off has happened: a clock's `settle`. */
  async settle(): Promise<void> {
    // Looking again and again instead of sleeping until the answer is there: a process that sleeps takes longer to
    // wake than Redis takes to answer.
    do await oneTurn();
    while (this.#open > 0);
  }

  #inTurn(call: () => Promise<unknown>): Promise<unknown> {
    this.#open += 1;
    const answer = this.#last.then(call);
    const ended = async () => {
      await oneTurn();
      this.#open -= 1;
    };
    this.#last = answer.then(ended, ended);
    return answer;
  }
}

const oneTurn = () => new Promise<void>(resolve => setImmediate(resolve));
