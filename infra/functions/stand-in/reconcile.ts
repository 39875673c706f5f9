import type { Trigger } from './event.ts';
import { plan, wantedOfStandIn, type Situation, type Step } from './plan.ts';

/** The two services, as they are. */
export interface Services {
  /** @throws when one of them, or the main service's scalable target, isn't there */
  look(): Promise<Situation>;
  take(step: Step): Promise<void>;
}

/** So many calls in one invocation at most: a raise takes three. The next tick goes on from there. */
const MOST_STEPS = 8;

/**
 * Brings the two services to where they should be: looks, takes the next step, and looks again, so that what
 * others did between two calls is seen before the next. Where it ends, or dies, makes no difference to what may run.
 * It must not run twice at the same time: two that look at once could give the same room away twice.
 * @returns what was seen first, what was wanted of the stand-in, and the steps taken
 * @throws whatever a call does; what was done until then stays, and the next invocation goes on
 */
export async function reconcile(
  services: Services,
  trigger: Trigger,
  maxTasks: number,
  now: number,
): Promise<{ seen: Situation; wanted: number | undefined; steps: Step[] }> {
  const first = await services.look();
  const wanted = wantedOfStandIn(first, trigger, maxTasks);
  const steps: Step[] = [];
  let seen = first;
  while (steps.length < MOST_STEPS) {
    const step = plan(seen, wanted, maxTasks, now);
    if (step === undefined) break;
    await services.take(step);
    steps.push(step);
    seen = await services.look();
  }
  return { seen: first, wanted, steps };
}
