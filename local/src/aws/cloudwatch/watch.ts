import type { Clock } from '@huntaze/core/clock';
import { sleeps } from '../secrets/rotation-steps.ts';
import type { AlarmNews, CloudWatch, QueueMeasure } from './cloud-watch.ts';
import { MINUTE_MS } from './metric-store.ts';

/** What happened in a minute may be told a little later. Milliseconds. */
const LATE_MS = 5_000;

/**
 * Measures and looks, every minute by the clock, until the signal aborts. The first look is after the first whole
 * minute: before that nobody had the time to tell of anything.
 */
export async function watch(options: {
  cloudWatch: CloudWatch;
  clock: Clock;
  queues: () => Iterable<QueueMeasure>;
  tell: (news: AlarmNews) => void;
  signal: AbortSignal;
}): Promise<void> {
  const { cloudWatch, clock, queues, tell, signal } = options;
  const begunAt = clock.now();
  for (;;) {
    const minute = (Math.floor(clock.now() / MINUTE_MS) + 1) * MINUTE_MS;
    if (!(await sleeps(clock, minute - clock.now(), signal))) return;
    cloudWatch.measure(queues(), minute);
    if (minute - begunAt < MINUTE_MS) continue;
    if (!(await sleeps(clock, LATE_MS, signal))) return;
    for (const news of cloudWatch.look(minute)) tell(news);
  }
}
