import { metricId } from '@huntaze/core/alarms';
import { emfLine } from '../aws/cloudwatch/emf.ts';
import { PLACES } from '../aws/cloudwatch/pipeline-alarms.ts';
import { processorTime } from './processor-time.ts';

/** A task's processors (6.2). */
const VCPUS = 1;
/** How often it is looked at (ms). */
const LOOK_MS = 10_000;

/** One look at the scraper's process. */
interface Look {
  /** Of a clock that never goes back (ms). */
  at: number;
  /** Undefined where it doesn't run. */
  pid: number | undefined;
  /** What it and its browser have used of processor time since they began (ms); undefined where nobody knows. */
  usedMs: number | undefined;
}

/**
 * What ECS tells CloudWatch of a task, from one look to the next: how many run, and how much of its processor it uses.
 * @returns told a look, and when that is (ms since the epoch): log lines in the Embedded Metric Format
 */
export function taskMetrics(): (look: Look, now: number) => string[] {
  let before: Look | undefined;
  return (look, now) => {
    const { name: count, ...tasks } = metricId({ of: 'scraper tasks', name: 'RunningTaskCount' }, PLACES);
    const { name: processor, ...task } = metricId({ of: 'scraper', name: 'CPUUtilization' }, PLACES);
    const share = shareBetween(before, look);
    before = look;
    return [
      emfLine(tasks, { [count]: look.pid === undefined ? 0 : 1 }, now),
      ...(share === undefined ? [] : [emfLine(task, { [processor]: share }, now)]),
    ];
  };
}

/** Percent; undefined where it isn't the same process, or can't be known. */
function shareBetween(before: Look | undefined, { at, pid, usedMs }: Look): number | undefined {
  if (before?.usedMs === undefined || usedMs === undefined || pid === undefined || before.pid !== pid)
    return undefined;
  if (at <= before.at) return undefined;
  // A browser that was left behind takes its time along.
  return (Math.max(0, usedMs - before.usedMs) / (at - before.at) / VCPUS) * 100;
}

/** Looks at the scraper's process, whichever it is just now, from `start` to `stop`. */
export function taskWatch(hear: (line: string) => void) {
  const told = taskMetrics();
  let pid: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const usedMs = pid === undefined ? undefined : processorTime(pid);
    for (const line of told({ at: performance.now(), pid, usedMs }, Date.now())) hear(line);
  };
  return {
    began(of: number) {
      pid = of;
    },
    ended(of: number) {
      if (pid === of) pid = undefined;
    },
    start() {
      look();
      timer = setInterval(look, LOOK_MS);
      timer.unref();
    },
    stop: () => clearInterval(timer),
  };
}
