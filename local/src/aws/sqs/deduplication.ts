/** How long SQS remembers a MessageDeduplicationId, counted from the first sending. */
const MEMORY_MS = 5 * 60_000;

interface Entry {
  key: string;
  forgetAt: number;
  messageId: string;
  sequenceNumber: string | undefined;
}

/** What a FIFO queue remembers of the ids it has accepted, also of messages that are deleted by now. */
export class DeduplicationMemory {
  readonly #entries = new Map<string, Entry>();
  /** Entries by age; the ones before `#oldest` are forgotten. */
  #byAge: Entry[] = [];
  #oldest = 0;

  /** What was first sent under `key`, if that was less than 5 minutes ago. */
  find(key: string, now: number): Pick<Entry, 'messageId' | 'sequenceNumber'> | undefined {
    this.#forget(now);
    return this.#entries.get(key);
  }

  remember(key: string, sent: { id: string; sequenceNumber: string | undefined }, now: number): void {
    const { id: messageId, sequenceNumber } = sent;
    const entry = { key, forgetAt: now + MEMORY_MS, messageId, sequenceNumber };
    this.#entries.set(key, entry);
    this.#byAge.push(entry);
  }

  #forget(now: number): void {
    for (;;) {
      const entry = this.#byAge[this.#oldest];
      if (entry === undefined || entry.forgetAt > now) break;
      if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
      this.#oldest += 1;
    }
    if (this.#oldest > 1_000 && this.#oldest * 2 > this.#byAge.length) {
      this.#byAge = this.#byAge.slice(this.#oldest);
      this.#oldest = 0;
    }
  }
}
