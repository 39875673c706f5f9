import { text, wholeNumber } from '@huntaze/core/env';
import * as z from 'zod/mini';

/** The stand-in function's environment. The infrastructure reads this too, so that a forgotten variable is a type error. */
export const standInEnv = z.object({
  /** The cluster of both services: its name or its ARN. */
  CLUSTER: text,
  /** The name of the service that runs on Spot, all but its base. */
  SERVICE: text,
  /** The name of the On-Demand service that stands in for it. */
  STAND_IN_SERVICE: text,
  /** What both of them together may run, and the main service's own maximum where nothing stands in. */
  MAX_TASKS: wholeNumber(1, 1_000),
});
