/** It can't be done yet, and will be possible without anybody's doing: Secrets Manager tries the rotation again. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
}

/** This rotation can't come to its end as things are: somebody has to look, or it is over. The message says why. */
export class RotationRefused extends Error {
  override readonly name = 'RotationRefused';
}

/** Something else went wrong: what it was called and said, and nothing that hung on it. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

/**
 * What may be thrown to Lambda, which writes an error down with all its fields: a Redis client's has the command
 * there, and AUTH's argument is the password.
 */
export function withoutFields(error: unknown): Error {
  if (error instanceof NotYet || error instanceof RotationRefused) return error;
  if (!(error instanceof Error)) return new StepFailed('not an error');
  const failed = new StepFailed(`${error.name}: ${error.message}`);
  if (error.stack !== undefined) failed.stack = error.stack;
  return failed;
}
