/**
 * Sees to it that one message group is in one invocation at a time, and that batches of one group go in the
 * order in which they were received. The queue holds a group back while one of it is in flight; this holds
 * where visibility ends too early.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/fifo-queue-lambda-behavior.html
 */
export class MessageGroups {
  /** Of each group that is claimed: when its latest claim is given up. */
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Resolves once nobody who asked earlier has one of these groups. All of them are claimed in one step, so that
   * two batches can't wait for each other.
   * @returns gives the groups up
   * @throws the signal's reason, having claimed nothing
   */
  async claim(groups: Iterable<string>, stopping: AbortSignal): Promise<() => void> {
    stopping.throwIfAborted();
    const claimed = new Set(groups);
    const earlier = [...claimed].flatMap(group => this.#last.get(group) ?? []);
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const group of claimed) this.#last.set(group, promise);
    const release = () => {
      for (const group of claimed) if (this.#last.get(group) === promise) this.#last.delete(group);
      resolve();
    };
    if (earlier.length === 0) return release;
    const free = Promise.all(earlier);
    try {
      await Promise.race([free, rejectOnAbort(stopping, free)]);
    } catch (error) {
      // Who waits for this claim still has to wait for the ones before it.
      void free.then(release);
      throw error;
    }
    return release;
  }
}

/** Rejects when the signal aborts; lets go of the signal when `settled` is. */
function rejectOnAbort(signal: AbortSignal, settled: Promise<unknown>): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    void settled.then(() => signal.removeEventListener('abort', onAbort));
  });
}
