import { Delivery } from './deliver.ts';
import { checkOptions, type EventSourceOptions } from './options.ts';
import { Pollers } from './pollers.ts';

export type { EventSourceOptions, LogLine } from './options.ts';

/** Room for deleting after the last function has answered. Milliseconds. */
const STOP_MARGIN_MS = 6_000;

export interface EventSource {
  /** As AWS names it. */
  readonly state: 'Enabled' | 'Disabling' | 'Disabled';
  /**
   * Polls again.
   * @throws Error while it is being disabled (AWS: ResourceInUseException), or after `stop`
   */
  enable(): void;
  /**
   * Stops polling and waits for the invocations under way, at most a function's timeout and a little more.
   * Says whether all of them ended.
   */
  disable(): Promise<boolean>;
  /** Disables it for good. */
  stop(): Promise<boolean>;
}

/** What is going on, and what it takes to end it. */
type State =
  | { is: 'Enabled'; stopping: AbortController; run: Promise<void> }
  | { is: 'Disabling' | 'Disabled'; isClean: Promise<boolean> };

/**
 * Lambda's event source mapping for a queue: pollers gather batches, invoke the function with them and delete what
 * did not fail. What failed keeps the visibility timeout it has. All its time is the clock's, so that a day of it
 * can pass in a second.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 *
 * Left out: filter criteria, provisioned mode, and what AWS doesn't document closely enough to be imitated (how it
 * slows down under errors, how it measures what is available); `scaling.ts`, `pollers.ts` and `deliver.ts` say what
 * stands for it.
 * @throws OptionError for options AWS wouldn't accept
 */
export function startEventSource(options: EventSourceOptions): EventSource {
  checkOptions(options);
  const delivery = new Delivery(options);
  let isStopped = false;
  let state: State = { is: 'Disabled', isClean: Promise.resolve(true) };

  const enable = () => {
    if (isStopped) throw new Error('the event source is stopped');
    if (state.is === 'Disabling') throw new Error('the event source is being disabled: wait until it is');
    if (state.is === 'Enabled') return;
    const stopping = new AbortController();
    state = { is: 'Enabled', stopping, run: new Pollers(options, delivery, stopping.signal).run() };
  };

  const disable = (): Promise<boolean> => {
    if (state.is !== 'Enabled') return state.isClean;
    state.stopping.abort();
    const isClean = hasEnded(state.run, delivery, options).then(clean => {
      state = { is: 'Disabled', isClean };
      return clean;
    });
    state = { is: 'Disabling', isClean };
    return isClean;
  };

  if (options.enabled !== false) enable();
  return {
    get state() {
      return state.is;
    },
    enable,
    disable,
    stop: () => {
      isStopped = true;
      return disable();
    },
  };
}

async function hasEnded(
  run: Promise<void>,
  { runtime }: Delivery,
  options: EventSourceOptions,
): Promise<boolean> {
  const { clock, functionTimeoutMs } = options;
  const ended = new AbortController();
  const tooLate = clock.sleep(functionTimeoutMs + runtime.initTimeoutMs + STOP_MARGIN_MS, ended.signal).then(
    () => false,
    () => true,
  );
  const isClean = await Promise.race([run.then(() => true), tooLate]);
  ended.abort();
  if (!isClean) options.log({ level: 'WARN', message: 'stopped with invocations under way' });
  return isClean;
}
