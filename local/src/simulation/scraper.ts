import type { Clock } from '@huntaze/core/clock';
import { isEnded } from '@huntaze/core/operations';
import { consume } from '@huntaze/scraper/consume';
import { heartbeat } from '@huntaze/scraper/heartbeat';
import type { Ledger } from '@huntaze/scraper/ledger';
import { sqsQueue } from '@huntaze/scraper/queue';
import { worker, type Driver } from '@huntaze/scraper/work';
import type { SeededRandom } from '../seeded-random.ts';
import type { Book } from './book.ts';
import type { SqsPort } from './in-process-sqs.ts';

const MAX_FAILURES = 8;
const nothing = () => undefined;
const QUIET = { info: nothing, warn: nothing, error: nothing };

/**
 * One scraper task: its own consumer, lanes, heartbeat, work and settlement. Results go into the book.
 * @returns when `stop` has aborted, and everything that it held has been given back
 */
export async function runTask(
  options: {
    sqs: SqsPort;
    urls: { queue: string; deadLetters: string };
    ledger: Ledger;
    driver: Driver;
    clock: Clock;
    random: SeededRandom;
    concurrency: number;
    beginMs: number;
    book: Book;
  },
  stop: AbortSignal,
): Promise<void> {
  const { clock, book, ledger, concurrency, driver } = options;
  const random = options.random.next;
  const queue = sqsQueue(options.sqs, options.urls, clock);
  const beats = heartbeat(queue, clock, QUIET);
  const work = worker(
    {
      queue,
      ledger: {
        ...ledger,
        async end(end) {
          await ledger.end(end);
          if (isEnded(end.state)) book.end(end.operationId, end.state, clock.now() - options.beginMs);
        },
      },
      driver,
      results: {
        put: result => Promise.resolve(book.result(result)),
        putScreenshot: () => Promise.resolve(),
      },
      metrics: { ended: nothing },
      clock,
      log: QUIET,
      maxFailures: MAX_FAILURES,
      random,
    },
    stop,
  );
  const beating = new AbortController();
  const beaten = beats.run(beating.signal);
  await consume({ queue, heartbeat: beats, work, clock, log: QUIET, concurrency, random }, stop);
  beating.abort();
  await beaten;
}
