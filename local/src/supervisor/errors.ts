/** Something a person has to mend before it can go on. Its message is one line that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
