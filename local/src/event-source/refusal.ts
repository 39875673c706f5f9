/** Ends the process before it began, with one line that says why. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
