import type { Clock } from '@huntaze/core/clock';
import { cannotInvoke, invalidSecretRequest } from './errors.ts';
import { Alarm } from './alarm.ts';
import {
  invokeSteps,
  sleeps,
  STEPS,
  type RotationFunction,
  type RotationStep,
  type StepFailure,
} from './rotation-steps.ts';
import { checkRules, nextWindow, type RotationRules } from './schedule.ts';
import type { SecretStore } from './secret-store.ts';
import {
  CURRENT,
  hasDanglingPending,
  PENDING,
  versionWith,
  withoutLabel,
  withPending,
  type Rotation,
  type Secret,
} from './secret.ts';

/** What AWS writes to CloudTrail about rotations. Without a function's words, which may quote a secret. */
export interface RotationNews {
  event:
    | 'RotationStarted'
    | 'RotationSucceeded'
    | 'RotationFailed'
    | 'RotationAbandoned'
    | 'TestRotationStarted'
    | 'TestRotationSucceeded'
    | 'TestRotationFailed';
  secret: string;
  versionId: string;
  /** The step that failed, and the name of its error. */
  step?: string;
  error?: string;
}

/**
 * The waits between the attempts of one rotation. AWS says that it "retries the entire rotation process
 * multiple times", not how often and when: these are ours. The last is every hour for a day, since nobody here resumes
 * what was given up, and a password that waits for its turn in the pipeline may wait for long. Milliseconds.
 */
const RETRY_WAITS_MS = [60_000, 120_000, 240_000, 480_000, ...Array<number>(24).fill(3_600_000)];

/** A rotation under way. */
interface Running {
  /** Gives it up. */
  stop: AbortController;
  /** Ends the wait for its next attempt. */
  hurry: AbortController;
}

/** What RotateSecret asks for. */
export interface RotationRequest {
  token: string;
  lambdaArn: string | undefined;
  rules: RotationRules | undefined;
  isImmediate: boolean;
}

/**
 * Rotates secrets: when asked to, and when their schedule says so.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
 */
export class Rotator {
  readonly #store: SecretStore;
  readonly #clock: Clock;
  readonly #functionClock: Clock;
  readonly #functions: Readonly<Record<string, RotationFunction>>;
  readonly #tell: (news: RotationNews) => void;
  readonly #onInternalError: (error: unknown) => void;
  /** The rotations under way, by the secret's name. */
  readonly #running = new Map<string, Running>();
  readonly #alarm: Alarm;
  #isStarted = false;

  constructor(options: {
    store: SecretStore;
    clock: Clock;
    /** The one that functions run by: they are real, however fast time passes here. */
    functionClock: Clock;
    functions: Readonly<Record<string, RotationFunction>>;
    tell: (news: RotationNews) => void;
    /** Told of what keeps a rotation's progress from being written. */
    onInternalError: (error: unknown) => void;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#functionClock = options.functionClock;
    this.#functions = options.functions;
    this.#tell = options.tell;
    this.#onInternalError = options.onInternalError;
    this.#alarm = new Alarm(this.#clock, () => this.#beginDue(), this.#onInternalError);
    this.#store.onChange = () => this.#arm();
  }

  /** Takes up what an earlier process left unfinished, and from then on keeps to the schedules. */
  start(): void {
    this.#isStarted = true;
    for (const secret of this.#store.all(this.#clock.now())) this.#resume(secret);
    this.#arm();
  }

  /**
   * Sets how a secret is rotated, and begins to, or, where that is to wait for the schedule, tests the function.
   * @throws InvalidRequestException, InvalidParameterException, AccessDeniedException
   */
  rotate(secret: Secret, request: RotationRequest, now: number): Secret {
    const lambdaArn = request.lambdaArn ?? secret.rotation?.lambdaArn;
    if (lambdaArn === undefined)
      throw invalidSecretRequest('No Lambda rotation function ARN is associated with this secret.');
    if (!Object.hasOwn(this.#functions, lambdaArn)) throw cannotInvoke();
    if (request.rules !== undefined) checkRules(request.rules);
    const { token } = request;
    if (secret.rotation?.pending === token || versionWith(secret, CURRENT)?.id === token) return secret;
    if (hasDanglingPending(secret)) {
      this.#resume(secret);
      throw invalidSecretRequest("A previous rotation isn't complete. That rotation will be reattempted.");
    }
    const rules = request.rules ?? secret.rotation?.rules;
    const rotation: Rotation = {
      isEnabled: true,
      lambdaArn,
      rules,
      lastRotatedAt: secret.rotation?.lastRotatedAt,
      window: rules && nextWindow(rules, now),
      retryAt: undefined,
      pending: request.isImmediate ? token : undefined,
      testing: request.isImmediate ? undefined : token,
    };
    const kept = this.#store.keep({
      ...withPending(secret, token, now),
      rotation,
      changedAt: now,
    });
    if (request.isImmediate) this.#begin(kept.name, token);
    else this.#inBackground(kept.name, ({ stop }) => this.#test(kept, token, stop.signal));
    return kept;
  }

  /**
   * Sets how a secret is rotated that nobody has said it of: for what exists from the start, whose function isn't tested.
   * @throws AccessDeniedException
   */
  ensure(secret: Secret, lambdaArn: string, rules: RotationRules, now: number): void {
    if (!Object.hasOwn(this.#functions, lambdaArn)) throw cannotInvoke();
    if (secret.rotation !== undefined || secret.deletesAt !== undefined) return;
    const idle = { lastRotatedAt: undefined, retryAt: undefined, pending: undefined, testing: undefined };
    const rotation = { isEnabled: true, lambdaArn, rules, window: nextWindow(rules, now), ...idle };
    this.#store.keep({ ...secret, rotation });
  }

  /** Turns rotation off and gives up one that is under way. What it has labelled stays labelled. */
  cancel(secret: Secret, now: number): Secret {
    this.#stop(secret.name);
    if (secret.rotation === undefined) return secret;
    const off = { isEnabled: false, window: undefined, retryAt: undefined, pending: undefined };
    return this.#store.keep({ ...secret, changedAt: now, rotation: { ...secret.rotation, ...off } });
  }

  /**
   * The secret after a new version of it became current: by another hand than the rotation's that ends a
   * rotation under way, and counts as one for the schedule.
   */
  afterNewVersion(secret: Secret, versionId: string, now: number): Secret {
    const { rotation } = secret;
    if (rotation === undefined || versionWith(secret, CURRENT)?.id !== versionId) return secret;
    if (rotation.pending === versionId) return secret;
    const { pending, rules } = rotation;
    const window = rotation.isEnabled && rules !== undefined ? nextWindow(rules, now) : undefined;
    const rescheduled = { ...rotation, window, retryAt: undefined, pending: undefined };
    if (pending === undefined) return this.#store.keep({ ...secret, rotation: rescheduled });
    this.#stop(secret.name);
    this.#tell({ event: 'RotationAbandoned', secret: secret.arn, versionId: pending });
    return this.#store.keep({ ...withoutLabel(secret, PENDING), rotation: rescheduled });
  }

  /** Begins nothing any more, and gives up what is under way: the next start takes it up again. */
  close(): void {
    this.#isStarted = false;
    this.#alarm.set(undefined);
    for (const { stop } of this.#running.values()) stop.abort();
  }

  /** Takes up again what an earlier attempt or process left unfinished; one that waits for its next attempt, at once. */
  #resume(secret: Secret): void {
    const { pending, testing } = secret.rotation ?? {};
    if (testing !== undefined && !this.#running.has(secret.name)) this.#endTest(secret.name);
    if (pending !== undefined && secret.deletesAt === undefined) this.#begin(secret.name, pending);
  }

  #begin(name: string, token: string): void {
    const running = this.#running.get(name);
    if (running) running.hurry.abort();
    else this.#inBackground(name, it => this.#attempts(name, token, it));
  }

  #inBackground(name: string, work: (it: Running) => Promise<void>): void {
    if (!this.#isStarted) return;
    const it: Running = { stop: new AbortController(), hurry: new AbortController() };
    this.#running.set(name, it);
    // RotateSecret is answered before its function is invoked.
    void Promise.resolve()
      .then(() => work(it))
      .catch(this.#onInternalError)
      .finally(() => {
        if (this.#running.get(name) === it) this.#running.delete(name);
        this.#arm();
      });
  }

  #stop(name: string): void {
    this.#running.get(name)?.stop.abort();
    this.#running.delete(name);
  }

  async #attempts(name: string, token: string, it: Running): Promise<void> {
    const { signal } = it.stop;
    for (const waitMs of [...RETRY_WAITS_MS, undefined]) {
      const secret = this.#rotating(name, token);
      if (secret === undefined) return;
      const about = { secret: secret.arn, versionId: token };
      this.#tell({ event: 'RotationStarted', ...about });
      const failure = await this.#steps(secret, token, STEPS, signal);
      if (signal.aborted || this.#rotating(name, token) === undefined) return;
      if (failure === undefined) {
        this.#complete(name, token);
        this.#tell({ event: 'RotationSucceeded', ...about });
        return;
      }
      this.#tell({ event: 'RotationFailed', ...about, ...failure });
      if (waitMs === undefined) this.#postpone(name);
      else {
        it.hurry = new AbortController();
        await sleeps(this.#clock, waitMs, AbortSignal.any([signal, it.hurry.signal]));
        if (signal.aborted) return;
      }
    }
  }

  /** Every step in its order, and whether the last of them has done what it is for. */
  async #steps(
    { name, arn, rotation }: Secret,
    token: string,
    steps: readonly RotationStep[],
    signal: AbortSignal,
  ): Promise<StepFailure | undefined> {
    const rotate = this.#functions[rotation?.lambdaArn ?? ''];
    const [first = 'createSecret'] = steps;
    if (rotate === undefined) return { step: first, error: 'the function does not exist' };
    const about = { secretArn: arn, token, steps, clock: this.#functionClock };
    const failure = await invokeSteps(rotate, about, signal);
    if (failure !== undefined || signal.aborted || !steps.includes('finishSecret')) return failure;
    const after = this.#rotating(name, token);
    if (after !== undefined && versionWith(after, CURRENT)?.id === token) return undefined;
    return { step: 'finishSecret', error: 'AWSCURRENT was not moved to the new version' };
  }

  async #test(secret: Secret, token: string, signal: AbortSignal): Promise<void> {
    const about = { secret: secret.arn, versionId: token };
    this.#tell({ event: 'TestRotationStarted', ...about });
    const failure = await this.#steps(secret, token, ['testSecret'], signal);
    if (!this.#isStarted) return; // The next start removes the version.
    this.#endTest(secret.name);
    if (failure === undefined) this.#tell({ event: 'TestRotationSucceeded', ...about });
    else this.#tell({ event: 'TestRotationFailed', ...about, ...failure });
  }

  #endTest(name: string): void {
    const secret = this.#secret(name);
    if (secret?.rotation?.testing === undefined) return;
    const { testing } = secret.rotation;
    const rotation = { ...secret.rotation, testing: undefined };
    const isOn = versionWith(secret, PENDING)?.id === testing;
    this.#store.keep({ ...(isOn ? withoutLabel(secret, PENDING) : secret), rotation });
  }

  #complete(name: string, token: string): void {
    const secret = this.#rotating(name, token);
    if (secret?.rotation === undefined) return;
    const now = this.#clock.now();
    const { rules, isEnabled } = secret.rotation;
    const window = isEnabled && rules !== undefined ? nextWindow(rules, now) : undefined;
    const rotation = {
      ...secret.rotation,
      lastRotatedAt: now,
      window,
      retryAt: undefined,
      pending: undefined,
    };
    this.#store.keep({ ...secret, changedAt: now, rotation });
  }

  /** The next window gets another chance; the one that was missed is still told of as the next. */
  #postpone(name: string): void {
    const secret = this.#secret(name);
    if (secret?.rotation === undefined) return;
    const { rules } = secret.rotation;
    const retryAt = rules && nextWindow(rules, this.#clock.now())?.opensAt;
    this.#store.keep({ ...secret, rotation: { ...secret.rotation, retryAt } });
  }

  #secret(name: string): Secret | undefined {
    return this.#store.get(name, this.#clock.now());
  }

  /** The secret, as long as it is to be rotated to this version. */
  #rotating(name: string, token: string): Secret | undefined {
    const secret = this.#secret(name);
    const isWanted =
      secret?.deletesAt === undefined &&
      (secret?.rotation?.pending === token || secret?.rotation?.testing === token);
    return isWanted ? secret : undefined;
  }

  /** Sets the alarm to the next rotation that is due. */
  #arm(): void {
    if (!this.#isStarted) return;
    const [next] = this.#dueTimes().sort((a, b) => a.at - b.at);
    this.#alarm.set(next?.at);
  }

  #dueTimes(): { secret: Secret; at: number }[] {
    return this.#store.all(this.#clock.now()).flatMap(secret => {
      const at = secret.rotation?.retryAt ?? secret.rotation?.window?.opensAt;
      const isIdle = secret.rotation?.isEnabled === true && !this.#running.has(secret.name);
      return at === undefined || !isIdle || secret.deletesAt !== undefined ? [] : [{ secret, at }];
    });
  }

  #beginDue(): void {
    const now = this.#clock.now();
    for (const { secret, at } of this.#dueTimes()) {
      const { rotation } = secret;
      if (at > now || rotation === undefined) continue;
      if (hasDanglingPending(secret) && rotation.pending === undefined) {
        const versionId = versionWith(secret, PENDING)?.id ?? '';
        const error = 'AWSPENDING is on a version that no rotation made';
        this.#tell({ event: 'RotationFailed', secret: secret.arn, versionId, error });
        this.#postpone(secret.name);
        continue;
      }
      const token = rotation.pending ?? crypto.randomUUID();
      const begun = rotation.pending === undefined ? withPending(secret, token, now) : secret;
      this.#store.keep({ ...begun, rotation: { ...rotation, pending: token } });
      this.#begin(secret.name, token);
    }
    this.#arm();
  }
}
