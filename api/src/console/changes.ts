import type { Operation } from './types.ts';

/** What the stream of changes tells. `reset`: something may have been missed, everything is to be read anew. */
export type Change =
  | { is: 'operation'; operation: Operation }
  | { is: 'creator'; creatorId: string }
  | { is: 'line' }
  | { is: 'reset' };

/** How the stream is: `since` (ms since the epoch) it has told nothing. */
export type Link = { is: 'live' } | { is: 'reconnecting'; since: number };

/** What of an EventSource is used. */
export interface Source {
  readonly readyState: number;
  addEventListener(name: string, listen: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface ChangesPorts {
  open: () => Source;
  now: () => number;
  later: (ms: number, then: () => void) => () => void;
  /** 0 to 1, for the jitter. */
  random: () => number;
  onChanges: (changes: Change[]) => void;
  onLink: (link: Link) => void;
}

const CLOSED = 2;
/** Changes are handed on together (ms): a busy line makes dozens a second. */
const BATCH_MS = 200;
/** A batch is at most so long; of more, the whole is to be read anew. */
const MOST_IN_BATCH = 500;
/** The first try after the browser has given up, and the longest wait between two (ms). */
const [FIRST_MS, LONGEST_MS] = [1_000, 30_000];

/**
 * Follows the stream of changes until it is closed. While the browser can, it takes the stream up where it broke off
 * (Last-Event-ID); once it has given up, a new one is opened, with growing waits and jitter, and begins with `reset`.
 * @returns ends it
 */
export function followChanges(ports: ChangesPorts): () => void {
  const { open, now, later, random, onChanges, onLink } = ports;
  let source: Source;
  let batch: Change[] = [];
  let failures = 0;
  let lostSince: number | undefined;
  let [sendLater, retryLater]: ((() => void) | undefined)[] = [];

  const send = () => {
    sendLater = undefined;
    const changes = batch;
    batch = [];
    onChanges(changes.length > MOST_IN_BATCH ? [{ is: 'reset' }] : changes);
  };
  const push = (change: Change) => {
    if (batch.length <= MOST_IN_BATCH) batch.push(change);
    sendLater ??= later(BATCH_MS, send);
  };
  const connect = (isAnew: boolean) => {
    const opened = open();
    source = opened;
    source.addEventListener('open', () => {
      failures = 0;
      lostSince = undefined;
      onLink({ is: 'live' });
      if (isAnew) push({ is: 'reset' });
      isAnew = false;
    });
    source.addEventListener('error', () => {
      lostSince ??= now();
      onLink({ is: 'reconnecting', since: lostSince });
      if (opened.readyState !== CLOSED || retryLater) return;
      const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures) * (0.5 + random() / 2);
      failures += 1;
      retryLater = later(wait, () => {
        retryLater = undefined;
        connect(true);
      });
    });
    source.addEventListener('operation', ({ data }) => {
      const operation = parsed(data) as Operation | undefined;
      if (operation) push({ is: 'operation', operation });
    });
    source.addEventListener('creator', ({ data }) => {
      const { creator_id } = (parsed(data) ?? {}) as { creator_id?: string };
      if (creator_id !== undefined) push({ is: 'creator', creatorId: creator_id });
    });
    source.addEventListener('line', () => push({ is: 'line' }));
    source.addEventListener('reset', () => push({ is: 'reset' }));
  };
  connect(false);
  return () => {
    sendLater?.();
    retryLater?.();
    source.close();
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
