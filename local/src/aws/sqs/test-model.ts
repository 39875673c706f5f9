/**
 * What queues do, said a second time and as plainly as can be: lists that are searched from the front, no
 * indexes, no bookkeeping beside the messages themselves. For tests that hold the real ones against it.
 */

export interface ModelMessage {
  body: string;
  /** Undefined on a standard queue: each message for itself. */
  group: string | undefined;
  /** When it came into the queue it is in, for retention. */
  since: number;
  /** Undefined: available. */
  until: number | undefined;
  inFlight: boolean;
  receivedAt: number;
  receives: number;
  source: ModelQueue | undefined;
}

interface ModelRules {
  fifo: boolean;
  retentionMs: number;
  /** After how many receives a message goes to the dead-letter queue. */
  deadLetters?: { queue: ModelQueue; after: number };
}

const DEDUPLICATION_MS = 300_000;

export class ModelQueue {
  readonly rules: ModelRules;
  /** In the order in which they came. */
  messages: ModelMessage[] = [];
  /** FIFO groups that something can be taken from, in the order in which they got ready. */
  #open: string[] = [];
  readonly #sent = new Map<string, number>();

  constructor(rules: ModelRules) {
    this.rules = rules;
  }

  /** Lets everything happen that is due, one thing after another. */
  advance(now: number): void {
    for (;;) {
      const due = this.messages
        .flatMap((message, order) => [
          { at: message.since + this.rules.retentionMs, isEnd: true, message, order },
          { at: message.until ?? Infinity, isEnd: false, message, order },
        ])
        .filter(({ at }) => at <= now)
        .sort((a, b) => a.at - b.at || Number(b.isEnd) - Number(a.isEnd) || a.order - b.order)[0];
      if (due === undefined) return;
      if (due.isEnd) this.#drop(due.message);
      else {
        due.message.until = undefined;
        due.message.inFlight = false;
      }
      this.#reopen();
    }
  }

  counts(now: number): [available: number, inFlight: number, delayed: number] {
    this.advance(now);
    const inFlight = this.messages.filter(message => message.inFlight).length;
    const available = this.messages.filter(({ until }) => until === undefined).length;
    return [available, inFlight, this.messages.length - available - inFlight];
  }

  /** Says whether it was taken in: a duplicate isn't. */
  send(
    body: string,
    options: { group: string | undefined; deduplicateBy: string | undefined; delayMs: number },
    now: number,
  ): boolean {
    this.advance(now);
    const { group, deduplicateBy, delayMs } = options;
    if (deduplicateBy !== undefined) {
      if (now - (this.#sent.get(deduplicateBy) ?? -Infinity) < DEDUPLICATION_MS) return false;
      this.#sent.set(deduplicateBy, now);
    }
    this.#add({ body, group, since: now, until: delayMs > 0 ? now + delayMs : undefined }, now);
    return true;
  }

  receive(limit: number, visibilityMs: number, now: number): ModelMessage[] {
    this.advance(now);
    const received: ModelMessage[] = [];
    const served: string[] = [];
    while (received.length < limit) {
      const message = this.#next(served);
      if (message === undefined) break;
      if (message.group !== undefined && this.rules.fifo && served.at(-1) !== message.group)
        served.push(message.group);
      const { deadLetters } = this.rules;
      if (deadLetters !== undefined && message.receives >= deadLetters.after) {
        this.#drop(message);
        deadLetters.queue.#adopt(message, this, now);
        continue;
      }
      message.receives += 1;
      message.until = now + visibilityMs;
      message.receivedAt = now;
      message.inFlight = true;
      received.push(message);
    }
    this.#reopen();
    return received;
  }

  /** Says whether SQS takes it; of a message that is gone it takes anything. */
  delete(message: ModelMessage, receives: number, now: number): boolean {
    this.advance(now);
    if (!this.messages.includes(message)) return true;
    const isNewest = message.receives === receives;
    if (this.rules.fifo && (!isNewest || !message.inFlight)) return false;
    if (isNewest) this.#drop(message);
    this.#reopen();
    return true;
  }

  /** Says whether SQS takes it. */
  change(message: ModelMessage, receives: number, visibilityMs: number, now: number): boolean {
    this.advance(now);
    if (!this.messages.includes(message) || message.receives !== receives || !message.inFlight) return false;
    message.until = now + visibilityMs;
    this.advance(now);
    return true;
  }

  purge(now: number): void {
    this.advance(now);
    this.messages = [];
    this.#reopen();
  }

  /** Moves what is available to where it came from, or to `destination`; says how many, and how that ends. */
  moveAll(destination: ModelQueue | undefined, now: number): { moved: number; status: string } {
    const [available, inFlight] = this.counts(now);
    const isHeldUp = this.rules.fifo && inFlight > 0;
    let moved = 0;
    for (let left = available; left > 0; left -= 1) {
      const message = this.rules.fifo ? this.#oldest() : this.#next([]);
      if (message === undefined) break;
      const target = destination ?? message.source;
      if (target === undefined) return { moved, status: 'FAILED' };
      this.#drop(message);
      this.#reopen();
      target.advance(now);
      target.#add({ body: message.body, group: message.group, since: now, until: undefined }, now);
      moved += 1;
    }
    return { moved, status: isHeldUp ? 'RUNNING' : 'COMPLETED' };
  }

  /** Of the FIFO groups that something can be taken from. */
  #oldest(): ModelMessage | undefined {
    return this.messages.find(({ group, until }) => until === undefined && this.#open.includes(group ?? ''));
  }

  /** @param served FIFO groups that this receive has begun to take from, the present one last */
  #next(served: string[]): ModelMessage | undefined {
    const available = this.messages.filter(({ until }) => until === undefined);
    if (!this.rules.fifo) {
      const inFlight = this.messages.filter(message => message.inFlight);
      const ofGroup = (group: string | undefined) =>
        group === undefined ? 0 : inFlight.filter(message => message.group === group).length;
      const isNoisy = (group: string | undefined) =>
        ofGroup(group) >= 30 && ofGroup(group) * 10 > inFlight.length;
      const quiet = available.find(({ group }) => !isNoisy(group));
      if (quiet !== undefined) return quiet;
      const fewest = Math.min(...available.map(({ group }) => ofGroup(group)));
      return available.find(({ group }) => ofGroup(group) === fewest);
    }
    const present = available.find(({ group }) => group === served.at(-1));
    if (present !== undefined) return present;
    const group = this.#open.find(open => !served.includes(open));
    return available.find(message => message.group === group);
  }

  #adopt(message: ModelMessage, source: ModelQueue, now: number): void {
    this.advance(now);
    message.source = source;
    if (this.rules.fifo) message.since = now;
    this.messages.push(message);
    this.#reopen();
  }

  #add(message: Pick<ModelMessage, 'body' | 'group' | 'since' | 'until'>, now: number): void {
    this.messages.push({ ...message, inFlight: false, receivedAt: now, receives: 0, source: undefined });
    this.#reopen();
  }

  #drop(message: ModelMessage): void {
    this.messages = this.messages.filter(other => other !== message);
  }

  /** Closes groups with a message in flight or none available; those that got ready queue up at the end. */
  #reopen(): void {
    if (!this.rules.fifo) return;
    const groups = [...new Set(this.messages.map(({ group }) => group ?? ''))];
    const isReady = (id: string) => {
      const messages = this.messages.filter(({ group }) => group === id);
      return messages.some(({ until }) => until === undefined) && !messages.some(message => message.inFlight);
    };
    this.#open = this.#open.filter(isReady);
    for (const id of groups) if (isReady(id) && !this.#open.includes(id)) this.#open.push(id);
  }
}
