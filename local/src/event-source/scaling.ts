/** How many pollers an event source without MaximumConcurrency has at first, and when there is little to do. */
export const FIRST_POLLERS = 5;
const MORE_A_MINUTE = 300;
const MOST_POLLERS = 1_250;

/** How long a count of pollers is kept. Milliseconds. */
export const SCALING_PERIOD_MS = 60_000;

/** What the receives of the last period returned. */
export interface Receives {
  full: number;
  empty: number;
}

/**
 * How many pollers the next minute begins with. AWS starts with five, adds up to 300 a minute while messages are
 * still available, has 1,250 at most, and goes back to five when traffic is low.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 *
 * Simplified, since AWS doesn't say how it measures: a minute without an empty receive means that messages are
 * still available, and adds all 300; a minute with more empty receives than others is one of low traffic. The
 * optimisation down to two pollers is left out.
 */
export function nextPollers(pollers: number, { full, empty }: Receives): number {
  if (full > 0 && empty === 0) return Math.min(pollers + MORE_A_MINUTE, MOST_POLLERS);
  return empty > full ? FIRST_POLLERS : pollers;
}
