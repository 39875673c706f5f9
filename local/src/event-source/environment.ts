import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Clock } from '@huntaze/core/clock';
import { functionArn, timedOut, type Invocation } from './invocation.ts';
import { FunctionError, RuntimeApi } from './runtime-api.ts';

/**
 * How long a function may take until it asks for its first invocation. AWS would start it once more then, in the
 * function's own time; here the invocation fails at once.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export const INIT_TIMEOUT_MS = 10_000;

/** The process ended between two invocations, when nobody was looking: another one can take this one. */
export class NotTaken extends Error {
  override readonly name = 'NotTaken';
}

/** How a runtime's process is started. It finds its Runtime API in AWS_LAMBDA_RUNTIME_API. */
export interface RuntimeProcess {
  command: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * An execution environment: one process that runs the function, for one invocation at a time. What it prints
 * goes where this process prints.
 */
export class Environment {
  readonly #api: RuntimeApi;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  /** Rejects when the process ends, whatever it was doing. */
  readonly #exit: Promise<never>;
  #isAlive = true;

  private constructor(api: RuntimeApi, { command, args, cwd, env }: RuntimeProcess, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
    this.#child = spawn(command, args, {
      cwd,
      env: { ...env, AWS_LAMBDA_RUNTIME_API: api.address },
      stdio: ['pipe', 'inherit', 'inherit'], // the pipe's end: see `end-with-parent.ts`
    });
    this.#exit = new Promise((_resolve, reject) => {
      const end = (reason: string) => {
        this.#isAlive = false;
        api.close();
        reject(new FunctionError('Runtime.ExitError', reason));
      };
      this.#child.once('error', error => end(`the runtime can't be started: ${error.message}`));
      this.#child.once('exit', (code, signal) =>
        end(`Runtime exited ${signal === null ? `with exit status ${code}` : `by ${signal}`}`),
      );
    });
    this.#exit.catch(() => undefined); // Whoever waits for something of it hears of it.
  }

  /**
   * Starts a process and waits until it asks for work.
   * @throws FunctionError when it reports an error, ends, or takes longer than INIT_TIMEOUT_MS; then it is gone
   */
  static async start(
    runtime: RuntimeProcess,
    clock: Clock,
    born: (it: Environment) => void,
  ): Promise<Environment> {
    const environment = new Environment(await RuntimeApi.listen(), runtime, clock);
    born(environment);
    const slow = new FunctionError(
      'Sandbox.Timedout',
      `Init timed out after ${INIT_TIMEOUT_MS / 1_000} seconds`,
    );
    try {
      await environment.#within(INIT_TIMEOUT_MS, environment.#api.ready, slow);
    } catch (error) {
      await environment.kill();
      throw error;
    }
    return environment;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /**
   * @returns the function's response as it wrote it
   * @throws FunctionError as the runtime reports it, or when it ends; NotTaken when it had ended before;
   * FunctionTimedOut, when the process has been killed for it
   */
  async invoke(invocation: Invocation): Promise<string> {
    const { requestId, event, timeoutMs, region } = invocation;
    const answer = this.#api.invoke({
      requestId,
      event: JSON.stringify(event),
      deadlineMs: this.#clock.now() + timeoutMs,
      functionArn: functionArn(region),
      traceId: newTraceId(this.#clock.now()),
    });
    const late = timedOut(invocation);
    try {
      return await this.#within(timeoutMs, answer, late);
    } catch (error) {
      if (error === late || this.#isAlive || !this.#api.isOffering) throw error;
      throw new NotTaken('the runtime ended before it took the event');
    }
  }

  /** Ends the process at once, as Lambda does; resolves when it is gone. */
  async kill(): Promise<void> {
    this.killNow();
    await this.#exit.catch(() => undefined);
  }

  /** For when there is no time left to wait. */
  killNow(): void {
    if (this.#isAlive) this.#child.kill('SIGKILL');
  }

  /** What is late costs the process. */
  async #within<T>(ms: number, awaited: Promise<T>, late: Error): Promise<T> {
    const settled = new AbortController();
    let isLate = false;
    const timeout = async () => {
      await this.#clock.sleep(ms, settled.signal);
      isLate = true;
      await this.kill();
      throw late;
    };
    try {
      return await Promise.race([awaited, timeout(), this.#exit]);
    } catch (error) {
      throw isLate ? late : error; // The process may be seen to end before `timeout` goes on.
    } finally {
      settled.abort();
    }
  }
}

/** As X-Ray writes it, not sampled. */
function newTraceId(now: number): string {
  const seconds = Math.floor(now / 1_000)
    .toString(16)
    .padStart(8, '0');
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}
