/**
 * The caller gets no answer at all. Over HTTP it sees its connection cut; whoever calls a service within
 * the process gets this instead of a result.
 */
export class NoAnswer extends Error {
  /** Whether the action took effect all the same. */
  readonly tookEffect: boolean;

  constructor(message: string, tookEffect: boolean) {
    super(message);
    this.tookEffect = tookEffect;
  }
}

/** The action was carried out, and its answer was lost on the way. */
export class AnswerLost extends NoAnswer {
  override readonly name = 'AnswerLost';
}

/** No answer came until the caller gave up, or until the plan's time was over. */
export class AnswerTimedOut extends NoAnswer {
  override readonly name = 'AnswerTimedOut';
}
