import type { AlarmRule } from '@huntaze/core/alarm-state';

export interface Bounds {
  min: number;
  max: number;
}

/** A target tracking policy that only adds. */
export interface Tracking {
  target: number;
  cooldownS: number;
  /** Application Auto Scaling makes it itself: it isn't in the template. */
  alarm: AlarmRule;
}

/** A step scaling policy that changes the capacity by so many, and the alarm that invokes it. */
export interface Stepping {
  alarm: AlarmRule;
  cooldownS: number;
  /** Where the metric lies, measured from the alarm's threshold. */
  steps: { lower?: number | undefined; upper?: number | undefined; adjustment: number }[];
}

/** What a policy remembers: until when (s) it is cooling down, and what the capacity was when that began. */
export interface Cooling {
  untilS: number;
  from: number;
}

/**
 * A cooldown begins when the activity has ended (documented); how long that takes (s) isn't. Whatever it is, a policy
 * that is invoked every minute and has a cooldown of full minutes acts a minute later than the cooldown says.
 */
const ACTIVITY_S = 10;

/** For each invocation that has changed something: what is wanted from now on. */
export interface Decision {
  desired: number;
  cooling: Cooling;
}

/**
 * Capacity in proportion to the metric. While it cools down, what has just been added counts as added already, so that
 * only a larger need adds the difference.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
 * That the proportion is rounded up is documented, the formula isn't; that each addition begins the cooldown again is
 * assumed.
 */
export function track(
  { target, cooldownS }: Tracking,
  { max }: Bounds,
  current: number,
  metric: number,
  cooling: Cooling | undefined,
  nowS: number,
): Decision | undefined {
  const from = cooling && nowS < cooling.untilS ? Math.min(current, cooling.from) : current;
  const desired = Math.min(max, Math.ceil((from * metric) / target));
  return desired > current
    ? { desired, cooling: { untilS: nowS + ACTIVITY_S + cooldownS, from } }
    : undefined;
}

/**
 * One step, or none. What takes away waits for the cooldown to be over; what adds is counted as in `track`.
 * https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
 */
export function step(
  { alarm, cooldownS, steps }: Stepping,
  { min, max }: Bounds,
  current: number,
  metric: number,
  cooling: Cooling | undefined,
  nowS: number,
): Decision | undefined {
  const breach = metric - alarm.threshold;
  // Above the threshold the lower bound belongs to a step, below it the upper one.
  const isIn = (lower = -Infinity, upper = Infinity) =>
    breach >= 0 ? breach >= lower && breach < upper : breach > lower && breach <= upper;
  const adjustment = steps.find(({ lower, upper }) => isIn(lower, upper))?.adjustment ?? 0;
  const isCooling = cooling !== undefined && nowS < cooling.untilS;
  if (adjustment < 0 && isCooling) return undefined;
  const from = isCooling ? Math.min(current, cooling.from) : current;
  const desired = Math.max(min, Math.min(max, from + adjustment));
  const isChange = adjustment < 0 ? desired < current : desired > current;
  return isChange ? { desired, cooling: { untilS: nowS + ACTIVITY_S + cooldownS, from } } : undefined;
}
