import * as z from 'zod/mini';

/** A rule with a schedule says `aws.events`, EventBridge Scheduler `aws.scheduler`. */
const scheduled = z.object({
  source: z.enum(['aws.events', 'aws.scheduler']),
  'detail-type': z.literal('Scheduled Event'),
});

/** Whether a function was invoked because it is time to. */
export function isScheduled(event: unknown): boolean {
  return z.safeParse(scheduled, event).success;
}
