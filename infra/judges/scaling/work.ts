/** A message group that a task holds messages of. FIFO: nobody else gets any of it meanwhile. */
interface Lane {
  /** Messages held, the one under way among them. */
  held: number;
  /** When the one under way is done (s); undefined: none is. */
  doneAtS: number | undefined;
}

/** One container that works. */
export interface Worker {
  /** By creator, in the order they came. */
  readonly lanes: Map<string, Lane>;
}

interface Group {
  waiting: number;
  isHeld: boolean;
  /** Until then (s) its messages are there, and nobody gets them: its head has been put off. */
  blockedUntilS: number;
}

/** SQS gives so many in one receive at most. */
const MOST_IN_A_RECEIVE = 10;

/** The FIFO queue, and what tasks do with it. */
export class Queue {
  readonly #groups = new Map<string, Group>();
  done = 0;

  /** What CloudWatch shows as visible: all that isn't in flight, whether or not anybody could get it. */
  get visible(): number {
    return [...this.#groups.values()].reduce((sum, { waiting }) => sum + waiting, 0);
  }

  send(creator: string, messages: number): void {
    this.#group(creator).waiting += messages;
  }

  block(creator: string, untilS: number): void {
    this.#group(creator).blockedUntilS = untilS;
  }

  /** As many as possible of one group, then of the next. */
  receive(nowS: number): Map<string, number> {
    const received = new Map<string, number>();
    let room = MOST_IN_A_RECEIVE;
    for (const [creator, group] of this.#groups) {
      if (room === 0) break;
      if (group.waiting === 0 || group.isHeld || nowS < group.blockedUntilS) continue;
      const count = Math.min(room, group.waiting);
      received.set(creator, count);
      group.waiting -= count;
      group.isHeld = true;
      room -= count;
    }
    return received;
  }

  /** Whoever held messages of a creator doesn't any more; `left` of them haven't been worked on. */
  release(creator: string, left: number): void {
    const group = this.#group(creator);
    group.waiting += left;
    group.isHeld = false;
    // The group goes to the end: no creator starves another.
    this.#groups.delete(creator);
    this.#groups.set(creator, group);
  }

  #group(creator: string): Group {
    const known = this.#groups.get(creator);
    if (known) return known;
    const group = { waiting: 0, isHeld: false, blockedUntilS: 0 };
    this.#groups.set(creator, group);
    return group;
  }
}

/** The site's exact window, shared by all tasks. Without a limit everybody gets a slot. */
export class Site {
  readonly #limit: { tokens: number; windowS: number } | undefined;
  #taken: number[] = [];

  constructor(limit: { tokens: number; windowS: number } | undefined) {
    this.#limit = limit;
  }

  take(nowS: number): boolean {
    if (!this.#limit) return true;
    const { tokens, windowS } = this.#limit;
    this.#taken = this.#taken.filter(at => nowS - at < windowS);
    if (this.#taken.length >= tokens) return false;
    this.#taken.push(nowS);
    return true;
  }
}

export interface Pace {
  /** Creators that a task works on at the same time. */
  lanes: number;
  /** How long an operation takes (s). */
  operationS: number;
}

/** What a task does until the next tick: ends what is done, receives while a lane is free, begins what it may. */
export function work({ lanes }: Worker, queue: Queue, site: Site, pace: Pace, nowS: number): void {
  for (const [creator, lane] of lanes) {
    if (lane.doneAtS === undefined || nowS < lane.doneAtS) continue;
    lane.doneAtS = undefined;
    lane.held -= 1;
    queue.done += 1;
    if (lane.held > 0) continue;
    lanes.delete(creator);
    queue.release(creator, 0);
  }
  while (lanes.size < pace.lanes) {
    const received = queue.receive(nowS);
    if (received.size === 0) break;
    for (const [creator, held] of received) lanes.set(creator, { held, doneAtS: undefined });
  }
  for (const lane of [...lanes.values()].slice(0, pace.lanes)) {
    if (lane.doneAtS === undefined && site.take(nowS)) lane.doneAtS = nowS + pace.operationS;
  }
}

/** The task goes: what it holds is given back, also what was under way. */
export function giveBack({ lanes }: Worker, queue: Queue): void {
  for (const [creator, { held }] of lanes) queue.release(creator, held);
  lanes.clear();
}
