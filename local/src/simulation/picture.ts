import { spanOf } from '@huntaze/core/times';
import { broken, type Figures, type Waits } from './figures.ts';
import type { Simulated } from './scenario.ts';

const BARS = '▁▂▃▄▅▆▇█';
/** How wide the picture of the waiting is (columns). */
const COLUMNS = 60;

/** What a simulation came to, for a person: a line each. */
export function pictureOf(simulated: Simulated, figures: Figures): string[] {
  const { requested, succeeded, failed, dead, lost, duplicated, order_inversions: inversions } = figures;
  const creators = new Set(simulated.passages.map(({ request }) => request.creator_id)).size;
  const others = figures.waits_s.other_creators;
  const took = spanOf(simulated.simulatedMs);
  const faster = Math.round(simulated.simulatedMs / 1_000 / Math.max(0.001, figures.wall_s));
  return [
    `${took} simulated in ${figures.wall_s.toFixed(1)} s, ${faster.toLocaleString('en')} times as fast (seed ${figures.seed})`,
    '',
    `${requested} operations of ${creators} creator${creators === 1 ? '' : 's'}: ${succeeded} succeeded, ${failed} failed, ${dead} dead, ${lost} lost, ${duplicated} duplicated, ${inversions} out of order`,
    ...(figures.refused > 0 ? [`${figures.refused} more were refused by the API`] : []),
    `at the site: at most ${figures.worst_window} in any ${figures.window_s} s (allowed: ${figures.limit})${shareOf(figures)}`,
    `into the workflows queue: at most ${figures.worst_window_forwarded} in any ${figures.window_s} s`,
    ...faultsOf(figures),
    `${figures.receives_per_message} receives a message, ${figures.invocations.toLocaleString('en')} invocations of the limiter${killedOf(figures)}`,
    '',
    others === null
      ? `from accepted to done: ${inWords(figures.waits_s.all)}`
      : `from accepted to done, the busiest creator: ${inWords(figures.waits_s.busiest_creator)}`,
    ...(others === null ? [] : [`                       the others:           ${inWords(others)}`]),
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

function shareOf({ goodput }: Figures): string {
  return goodput === null ? '' : `, ${(goodput * 100).toFixed(1)} % of the permitted rate used`;
}

function killedOf({ invocations_killed: killed }: Figures): string {
  return killed === 0 ? '' : `, ${killed} of them killed`;
}

function faultsOf({ faults_injected: injected }: Figures): string[] {
  if (injected.length === 0) return [];
  const total = injected.reduce((sum, count) => sum + count, 0);
  return [`${total} faults at the queues (by rule: ${injected.join(', ')})`];
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
