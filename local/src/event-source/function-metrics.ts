import { emfLine } from '../aws/cloudwatch/emf.ts';

/** What Lambda counts of a function. */
export type Counted = 'Invocations' | 'Errors' | 'Throttles';

/**
 * What Lambda tells CloudWatch of a function, gathered until it is taken: a line for each invocation would be most of the
 * log. A partial failure is no error, and a throttled invocation is none.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export class FunctionMetrics {
  readonly #functionName: string;
  readonly #now: () => number;
  #gathered: { counts: Record<Counted, number>; at: number } | undefined;

  constructor(functionName: string, now: () => number) {
    this.#functionName = functionName;
    this.#now = now;
  }

  count(what: Counted): void {
    const { counts } = (this.#gathered ??= {
      counts: { Invocations: 0, Errors: 0, Throttles: 0 },
      at: this.#now(),
    });
    counts[what] += 1;
  }

  /** A log line in the Embedded Metric Format, of the time when the first of them happened; undefined if nothing has. */
  take(): string | undefined {
    if (this.#gathered === undefined) return undefined;
    const { counts, at } = this.#gathered;
    this.#gathered = undefined;
    const of = { namespace: 'AWS/Lambda', dimensions: { FunctionName: this.#functionName } };
    return emfLine(of, counts, at);
  }
}
