import { spanOf } from '@huntaze/core/times';
import { broken, type Figures } from './figures.ts';
import type { Simulated } from './scenario.ts';
import type { Waits } from './waits.ts';

const BARS = '▁▂▃▄▅▆▇█';
/** How wide the picture of the waiting is (columns). */
const COLUMNS = 60;

/** What a simulation came to, for a person: a line each. */
export function pictureOf(simulated: Simulated, figures: Figures): string[] {
  const { requested, succeeded, failed, dead, lost, duplicated, order_inversions: inversions } = figures;
  const creators = new Set(simulated.passages.map(({ request }) => request.creator_id)).size;
  const others = figures.waits_s.other_creators;
  const inLine = figures.waits_in_line_s.other_creators;
  const took = spanOf(simulated.simulatedMs);
  const faster = Math.round(simulated.simulatedMs / 1_000 / Math.max(0.001, figures.wall_s));
  return [
    `${took} simulated in ${figures.wall_s.toFixed(1)} s, ${faster.toLocaleString('en')} times as fast (seed ${figures.seed})`,
    '',
    `${requested} operations of ${creators} creator${creators === 1 ? '' : 's'}: ${succeeded} succeeded, ${failed} failed, ${dead} dead${withdrawnOf(figures)}, ${lost} lost, ${duplicated} duplicated, ${inversions} out of order`,
    ...(figures.refused > 0 ? [`${figures.refused} more were refused by the API`] : []),
    `at the site: at most ${figures.worst_window} in any ${figures.window_s} s (allowed: ${figures.limit})${shareOf(figures.goodput)}`,
    `into the workflows queue: at most ${figures.worst_window_forwarded} in any ${figures.window_s} s${shareOf(figures.goodput_forwarded)}, ${figures.order_inversions_forwarded} out of order`,
    ...mishapsOf(figures),
    `${figures.receives_per_message} receives a message (${receivesOf(figures)}), ${figures.invocations.toLocaleString('en')} invocations of the limiter`,
    '',
    others === null
      ? `from accepted to done: ${inWords(figures.waits_s.all)}`
      : `from accepted to done, the busiest creator: ${inWords(figures.waits_s.busiest_creator)}`,
    ...(others === null ? [] : [`                       the others:           ${inWords(others)}`]),
    ...(inLine === null ? [] : [`from accepted to the workflows queue, the others:   ${inWords(inLine)}`]),
    '',
    `waiting (at most ${figures.most_waiting}), from the beginning to ${took}:`,
    barsOf(simulated.waiting.counts, COLUMNS),
    '',
    ...verdictOf(figures),
  ];
}

/** What was promised and not kept, or that all was. */
function verdictOf(figures: Figures): string[] {
  const faults = broken(figures);
  return faults.length === 0 ? ['every promise was kept'] : [`not kept: ${faults.join('; ')}`];
}

function shareOf(goodput: number | null): string {
  return goodput === null ? '' : `, ${(goodput * 100).toFixed(1)} % of the permitted rate used`;
}

function withdrawnOf({ cancelled, expired }: Figures): string {
  return cancelled + expired === 0 ? '' : `, ${cancelled} cancelled, ${expired} expired`;
}

/** By how long a message waited: the longer, the more often it may be looked at. */
function receivesOf({ receives_by_wait: byWait }: Figures): string {
  return byWait.map(({ under_minutes: under, mean }) => `${mean} under ${under} min`).join(', ');
}

/** What went wrong, and what operators did, a line each. */
function mishapsOf(figures: Figures): string[] {
  const { faults_injected: injected, invocations_killed: invocations, tasks_killed: tasks } = figures;
  const faults = injected.reduce((sum, count) => sum + count, 0);
  const named = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => (count === 1 ? name : `${name} ${count} times`))
      .join(', ');
  return [
    ...(faults > 0 ? [`${faults} faults at the queues (by rule: ${injected.join(', ')})`] : []),
    ...(invocations > 0 ? [`${invocations} invocations of the limiter killed`] : []),
    ...(tasks > 0 ? [`${tasks} scraper tasks killed`] : []),
    ...(Object.keys(figures.redis_failures).length > 0 ? [`Redis: ${named(figures.redis_failures)}`] : []),
    ...(Object.keys(figures.operator_actions).length > 0
      ? [`operators: ${named(figures.operator_actions)}`]
      : []),
  ];
}

function inWords({ p50, p95, longest }: Waits): string {
  const said = (seconds: number) => spanOf(seconds * 1_000);
  return `half within ${said(p50)}, 95 % within ${said(p95)}, all within ${said(longest)}`;
}

/** The counts as bars; where there are more counts than columns, each column is the largest of its counts. */
export function barsOf(counts: number[], columns: number): string {
  const most = Math.max(1, ...counts);
  const width = Math.min(columns, counts.length);
  return Array.from({ length: width }, (_, i) => {
    const own = counts.slice(
      Math.floor((i * counts.length) / width),
      Math.floor(((i + 1) * counts.length) / width),
    );
    const largest = Math.max(0, ...own);
    return largest === 0 ? ' ' : BARS[Math.min(BARS.length - 1, Math.floor((largest / most) * BARS.length))];
  }).join('');
}
