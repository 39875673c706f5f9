import { text } from '@huntaze/core/env';
import * as z from 'zod/mini';

/**
 * The environment of what resumes rotations. The infrastructure reads this too, so that a forgotten variable is a type
 * error.
 */
export const resumeRotationsEnv = z.object({
  /** The functions that rotate, by ARN, with commas between them: secrets that others rotate are left alone. */
  ROTATION_FUNCTION_ARNS: z.pipe(
    text,
    z.transform((arns: string) => arns.split(',')),
  ),
});
