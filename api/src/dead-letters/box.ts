import { DeleteMessageBatchCommand, GetQueueAttributesCommand, type Message } from '@aws-sdk/client-sqs';
import { unavailable } from '../http/problem.ts';
import { QUEUE_NAMES, readLetter, SYSTEM_ATTRIBUTES, type Letter, type QueueName } from './letter.ts';
import { BATCH, putBack, walk, type WalkPorts } from './walk.ts';

/** What the dead letters' box needs. */
export interface BoxPorts extends WalkPorts {
  urls: Record<QueueName, string>;
  log: (line: Record<string, unknown>) => void;
}

/** What was seen of the dead letters. */
interface Seen {
  letters: Letter[];
  /** In which queues there are others. */
  hasMore: QueueName[];
}

/** Dead letters that are held: nobody else sees them until it is over. */
export interface Hands {
  /**
   * Those that weren't seen before, and where there are others that can't be seen now: more than are held at a time,
   * another's, or those of a FIFO group that has ten before them.
   */
  more(): Promise<{ fresh: Letter[]; hasMore: QueueName[] }>;
  /** Deletes them. Returns those that stay, which are visible again afterwards. */
  remove(letters: readonly Letter[]): Promise<Letter[]>;
  /** Whether there is time for another. */
  isLate(): boolean;
}

/** Both dead-letter queues, as one. */
export interface Box {
  /** All there are, visible again at once. @param notOlderThanMs what was seen so long ago is enough (ms) */
  look(notOlderThanMs?: number): Promise<Seen>;
  /**
   * Holds them while something is done with them. What isn't removed is visible again afterwards.
   * @param queues whose; absent: both
   */
  hold<T>(act: (hands: Hands) => Promise<T>, queues?: readonly QueueName[]): Promise<T>;
}

/** So many letters of a queue are held at most. */
export const MOST_HELD = 1_000;
/** So long is received at most, and so long may it take all in all (ms): whoever asked waits for it. */
const WALK_MS = 15_000;
const ACT_MS = 40_000;
/** So long is what was received hidden, should this process die (s). */
const HIDDEN_S = 60;
/** So long does a walk wait for the one before it (ms); and how many do. */
const TURN_MS = 15_000;
const MOST_WAITING = 10;

/**
 * The dead letters of an installation. The queues are the truth: they are walked through each time, one walk after the
 * other, since two would hide the letters from each other.
 */
export function deadLetterBox(ports: BoxPorts): Box {
  const turns = oneAfterTheOther(ports);
  let looking: Promise<Seen> | undefined;
  let last: { seen: Seen; atMs: number } | undefined;

  async function look(): Promise<Seen> {
    const seen = await turns(() =>
      holding(ports, async hands => {
        const { fresh, hasMore } = await hands.more();
        return { letters: fresh, hasMore };
      }),
    );
    last = { seen, atMs: ports.clock.now() };
    return seen;
  }

  return {
    async look(notOlderThanMs = 0) {
      if (last && ports.clock.now() - last.atMs < notOlderThanMs) return last.seen;
      // Whoever asks while somebody looks sees the same.
      looking ??= look().finally(() => (looking = undefined));
      return looking;
    },
    hold: (act, queues) =>
      turns(async () => {
        try {
          return await holding(ports, act, queues);
        } finally {
          last = undefined;
        }
      }),
  };
}

async function holding<T>(
  ports: BoxPorts,
  act: (hands: Hands) => Promise<T>,
  queues: readonly QueueName[] = QUEUE_NAMES,
): Promise<T> {
  const { clock, urls, log } = ports;
  const endsAtMs = clock.now() + ACT_MS;
  const held: Record<QueueName, Message[]> = { limiter: [], scraper: [] };
  const unseen = { limiter: false, scraper: false };
  let isFirst = true;

  async function walkThrough(queue: QueueName): Promise<{ fresh: Letter[]; isMore: boolean }> {
    const fresh: Letter[] = [];
    const way = {
      url: urls[queue],
      hiddenSeconds: HIDDEN_S,
      endsAtMs: Math.min(endsAtMs, clock.now() + WALK_MS),
      most: MOST_HELD,
      system: [...SYSTEM_ATTRIBUTES],
      attributes: true,
    };
    const end = await walk(ports, way, held[queue], messages =>
      messages.map(message => {
        fresh.push(readLetter(queue, message));
        // A thousand bodies would be more than this process has room for.
        return slim(message);
      }),
    );
    const isMore = end !== 'all' || (await countOf(ports, queue)) > held[queue].length;
    return { fresh, isMore };
  }

  try {
    return await act({
      async more() {
        // Of a standard queue everything has been seen at once; only groups have something behind them.
        const left = queues.filter(queue => isFirst || queue === 'scraper');
        isFirst = false;
        const walks = await settled(left.map(queue => reached(walkThrough(queue))));
        for (const [i, { isMore }] of walks.entries()) unseen[left[i]!] = isMore;
        return {
          fresh: walks.flatMap(({ fresh }) => fresh),
          hasMore: QUEUE_NAMES.filter(queue => unseen[queue]),
        };
      },
      async remove(letters) {
        const stay: Letter[] = [];
        for (const queue of QUEUE_NAMES) {
          const own = letters.filter(letter => letter.queue === queue);
          for (let from = 0; from < own.length; from += BATCH) {
            const batch = own.slice(from, from + BATCH);
            const failed = new Set(await remove(ports, queue, batch));
            stay.push(...failed);
            const gone = new Set(batch.filter(letter => !failed.has(letter)).map(handleOf));
            held[queue] = held[queue].filter(({ ReceiptHandle }) => !gone.has(ReceiptHandle));
          }
        }
        return stay;
      },
      isLate: () => clock.now() > endsAtMs,
    });
  } finally {
    for (const queue of QUEUE_NAMES)
      await putBack(ports, { url: urls[queue] }, held[queue]).catch((error: unknown) =>
        log({ message: `dead letters hidden for up to ${HIDDEN_S} s`, queue, error: String(error) }),
      );
  }
}

/** All of them, once none is at work any more: what they hold is known only then. */
async function settled<T>(works: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

/** How many messages a queue has, hidden ones too. */
async function countOf({ sqs, urls }: BoxPorts, queue: QueueName): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: urls[queue], AttributeNames: [...names] }),
  );
  return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
}

/** Deletes up to ten. Returns those that could not be. */
async function remove({ sqs, urls, log }: BoxPorts, queue: QueueName, letters: Letter[]): Promise<Letter[]> {
  try {
    const { Failed = [] } = await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: urls[queue],
        Entries: letters.map((letter, i) => ({ Id: String(i), ReceiptHandle: handleOf(letter) })),
      }),
    );
    return Failed.flatMap(({ Id }) => letters[Number(Id)] ?? []);
  } catch (error) {
    log({ message: 'dead letters not deleted', queue, count: letters.length, error: String(error) });
    return letters;
  }
}

const handleOf = ({ message }: Letter) => message.ReceiptHandle;
const slim = ({ MessageId, ReceiptHandle }: Message): Message => ({ MessageId, ReceiptHandle });

/** @throws Refusal 503 when the queue can't be asked */
async function reached<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw unavailable('the dead letters can not be reached; try again', error);
  }
}

/** Lets one piece of work begin after the one before it has ended. @throws Refusal 503 when that takes too long */
function oneAfterTheOther({ clock }: Pick<BoxPorts, 'clock'>) {
  let last = Promise.resolve();
  let waiting = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    const busy = () => unavailable('somebody else is at the dead letters just now; try again');
    if (waiting >= MOST_WAITING) throw busy();
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    const isMyTurn = new AbortController();
    const late = clock.sleep(TURN_MS, isMyTurn.signal).then(
      () => true,
      () => false, // it is my turn
    );
    waiting += 1;
    const isLate = await Promise.race([before.then(() => false), late]);
    waiting -= 1;
    isMyTurn.abort();
    if (isLate) {
      // Whoever is behind me waits for whom I have waited for.
      void before.then(resolve);
      throw busy();
    }
    try {
      return await work();
    } finally {
      resolve();
    }
  };
}
