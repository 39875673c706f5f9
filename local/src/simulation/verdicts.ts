import { QUEUES } from '@huntaze/core/names';
import type { Figures } from './figures.ts';

/**
 * What of the promises was not kept, in words; nothing if all were. What is left in the queues, fairness, and how much
 * comes into the workflows queue in a window, is judged only where nothing disturbed: a copy that came back is still
 * hidden then, and a send that was repeated came late.
 */
export function broken(figures: Figures): string[] {
  const { requested, succeeded, failed, dead, cancelled, expired, lost, window_s } = figures;
  const left = figures.left_in_queues;
  const deadLetters = left[QUEUES.workflowsDeadLetters] ?? 0;
  const checks: [count: number | boolean, what: string][] = [
    [figures.stalled !== null, `it did not come to its end: ${figures.stalled}`],
    [requested === 0, 'nothing was accepted'],
    [lost, `${lost} lost`],
    [figures.duplicated, `${figures.duplicated} duplicated`],
    [figures.done_after_the_end, `${figures.done_after_the_end} done again after they had ended`],
    [figures.order_inversions, `${figures.order_inversions} out of order`],
    [figures.order_inversions_forwarded, `${figures.order_inversions_forwarded} let through out of order`],
    [
      figures.above_limit,
      `${figures.worst_window} at the site in ${window_s} s, ${figures.above_limit} above the limit of then`,
    ],
    [figures.at_site_while_closed, `${figures.at_site_while_closed} at the site while it was closed`],
    [
      figures.memory_lost === 0 && figures.forwarded_again > 0,
      `${figures.forwarded_again} let through twice`,
    ],
    [figures.begun_while_paused, `${figures.begun_while_paused} begun while they were paused`],
    [succeeded + failed + dead + cancelled + expired !== requested, 'not everything has ended as it should'],
    [deadLetters < dead, `${dead} dead, and ${deadLetters} dead letters`],
    [figures.healthy_dead_letters, `${figures.healthy_dead_letters} dead letters that nothing is wrong with`],
    ...(isSteady(figures) ? steady(figures) : []),
    ...(figures.disturbed ? [] : undisturbed(figures)),
  ];
  return checks.filter(([is]) => is !== 0 && is !== false).map(([, what]) => what);
}

/** Whether limiter, queues and Redis did what they should: scrapers may have died, and operators have acted. */
function isSteady({
  invocations_killed: killed,
  faults_injected: injected,
  redis_failures: failures,
}: Figures) {
  return killed === 0 && injected.length === 0 && Object.keys(failures).length === 0;
}

function steady(figures: Figures): [count: number | boolean, what: string][] {
  const { worst_window_forwarded: forwarded, above_limit_forwarded: above } = figures;
  return [
    [above, `${forwarded} let through in ${figures.window_s} s, ${above} above the limit of then`],
    [figures.sent_again, `${figures.sent_again} sent on again, for no reason`],
    [figures.forwarded_while_paused, `${figures.forwarded_while_paused} let through while they were paused`],
  ];
}

function undisturbed(figures: Figures): [count: number | boolean, what: string][] {
  const { left_in_queues: left } = figures;
  const behind = (left[QUEUES.rateLimiter] ?? 0) + (left[QUEUES.workflows] ?? 0);
  return [
    [behind, `${behind} messages left behind`],
    [figures.waited_unfairly, `${figures.waited_unfairly} waited longer than is fair`],
  ];
}
