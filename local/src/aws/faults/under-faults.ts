import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws-error.ts';
import type { JsonService } from '../http/json-protocol.ts';
import { serviceFailed, serviceThrottles, type ServiceName } from './aws-words.ts';
import type { Faults, Strikes } from './faults.ts';
import { AnswerLost, AnswerTimedOut } from './no-answer.ts';

/**
 * Carries out one call, and makes of its answer what strikes it.
 * @param run carries out the action
 * @throws AwsError; NoAnswer where the caller is to get none
 */
export async function underFaults<T>(
  strikes: Strikes,
  surroundings: { service: ServiceName; clock: Clock; signal: AbortSignal },
  run: () => Promise<T>,
): Promise<T> {
  const { service, clock, signal } = surroundings;
  const { answer, slow } = strikes;
  const answered = async (): Promise<T> => {
    switch (answer?.kind) {
      case 'error':
        answer.happened();
        throw serviceFailed(service, answer.rule.status);
      case 'throttle':
        answer.happened();
        throw serviceThrottles(service);
      case 'timeout': {
        answer.happened();
        const silent = pause(answer.rule.ms, clock, signal);
        const tookEffect = answer.rule.takesEffect && (await takesEffect(run));
        await silent;
        throw new AnswerTimedOut('no answer came in time', tookEffect);
      }
      case 'lose-answer':
        answer.happened();
        throw new AnswerLost('the answer was lost', await takesEffect(run));
      default:
        return run(); // A partial failure is within the answer, and was dealt with there.
    }
  };
  if (slow === undefined) return answered();
  slow.happened();
  const late = pause(slow.rule.ms, clock, signal);
  try {
    return await answered();
  } finally {
    await late;
  }
}

/** A JSON service that knows nothing of faults, under them. */
export class ServiceUnderFaults implements JsonService {
  readonly version: JsonService['version'];
  readonly #name: ServiceName;
  readonly #service: JsonService;
  readonly #faults: Faults;
  readonly #clock: Clock;

  constructor(options: { name: ServiceName; service: JsonService; faults: Faults; clock: Clock }) {
    this.version = options.service.version;
    this.#name = options.name;
    this.#service = options.service;
    this.#faults = options.faults;
    this.#clock = options.clock;
  }

  async handle(action: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const run = () => this.#service.handle(action, body, signal);
    const strikes = this.#faults.isOn ? this.#faults.strikesOn({ service: this.#name, action }) : undefined;
    if (strikes === undefined) return run();
    return underFaults(strikes, { service: this.#name, clock: this.#clock, signal }, run);
  }
}

/** Carries out an action whose answer nobody gets. Says whether it took effect; an internal error is thrown on. */
async function takesEffect(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

/** Resolves after `ms` by the clock, or as soon as the caller has gone. */
async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
