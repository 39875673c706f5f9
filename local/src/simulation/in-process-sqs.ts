import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '@huntaze/core/clock';
import { AwsError } from '../aws/aws-error.ts';
import type { SqsService } from '../aws/sqs/service.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** What of an SDK client the pipeline's code uses. */
export type SqsPort = Pick<SQSClient, 'send'>;

/** The SDK's standard retry: three tries, the pauses between them random up to 100 ms, 200 ms. */
const TRIES = 3;
const BACKOFF_MS = 100;

interface CallOptions {
  abortSignal?: AbortSignal;
  /** Milliseconds. */
  requestTimeout?: number;
}

/** No answer in time, or none at all: whether the action took effect isn't known. Tried again, as the SDK does. */
class NoAnswerInTime extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * An SDK client without the network: each call goes to local SQS in this process, in the wire's terms, and
 * takes the time that `latencyMs` says, half of it before and half after. It retries as the real one does. All of
 * its waiting is done by the clock.
 */
export function inProcessSqs(options: {
  service: SqsService;
  clock: Clock;
  random: SeededRandom;
  /** How long a call takes beside any waiting for messages (ms). */
  latencyMs: () => number;
  /** What the client is set up with; a call may bring its own (ms). */
  requestTimeoutMs: number;
  /** Whether the service has a plan of faults. */
  isFaulty: boolean;
}): SqsPort {
  const { service, clock, random, isFaulty } = options;

  async function once(action: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    const halfMs = options.latencyMs() / 2;
    await clock.sleep(halfMs, signal);
    const answer = await service.handle(action, body, signal ?? NEVER);
    await clock.sleep(halfMs, signal);
    return answer;
  }

  async function onceInTime(
    action: string,
    body: unknown,
    timeoutMs: number,
    outer: AbortSignal | undefined,
  ): Promise<unknown> {
    // Only where something is made to go wrong does a call take longer than its client waits.
    if (!isFaulty) return once(action, body, outer);
    const over = new AbortController();
    const signal = outer ? AbortSignal.any([outer, over.signal]) : over.signal;
    const tooLate = async () => {
      await clock.sleep(timeoutMs, signal);
      throw new NoAnswerInTime(`no answer in ${timeoutMs} ms`);
    };
    try {
      return await Promise.race([once(action, body, signal), tooLate()]);
    } finally {
      over.abort(OVER);
    }
  }

  async function send(command: object, { abortSignal, requestTimeout }: CallOptions = {}): Promise<unknown> {
    const action = command.constructor.name.replace(/Command$/, '');
    const body = toWire((command as { input: object }).input);
    for (let tries = 1; ; tries += 1) {
      try {
        return fromWire(
          await onceInTime(action, body, requestTimeout ?? options.requestTimeoutMs, abortSignal),
        );
      } catch (error) {
        if (abortSignal?.aborted) throw aborted();
        if (tries === TRIES || !isWorthAnother(error)) throw asSdkError(error);
        await clock.sleep(random.between(0, BACKOFF_MS * 2 ** (tries - 1)), abortSignal).catch(() => {
          throw aborted();
        });
      }
    }
  }
  // The SDK types `send` by the command given; here it is one function for all.
  return { send: send as SQSClient['send'] };
}

const NEVER = new AbortController().signal;
/** Why a call's sleeps end with it; made once, because an error's stack costs more than a call. */
const OVER = new Error('the call is over');

/** What isn't an answer of AWS's is a connection that broke: only those, its own faults and throttling are repeated. */
function isWorthAnother(error: unknown): boolean {
  return !(error instanceof AwsError) || error.status >= 500 || /throttl/i.test(error.code);
}

function asSdkError(error: unknown): unknown {
  if (!(error instanceof AwsError)) return error;
  const name = error.shape.replace(/^.*#/, '');
  return Object.assign(new Error(error.message), { name, $metadata: { httpStatusCode: error.status } });
}

function aborted(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}

/** The input as JSON carries it: the bytes of binary attributes in base64. */
function toWire(input: object): object {
  const { Entries: entries } = input as { Entries?: object[] };
  return entries === undefined ? inBase64(input) : { ...input, Entries: entries.map(inBase64) };
}

function inBase64(message: object): object {
  const { MessageAttributes: attributes } = message as { MessageAttributes?: Record<string, Attribute> };
  const isPlain = Object.values(attributes ?? {}).every(value => value.BinaryValue === undefined);
  if (attributes === undefined || isPlain) return message;
  const encoded = Object.entries(attributes).map(([name, { BinaryValue: bytes, ...rest }]) => [
    name,
    bytes === undefined
      ? rest
      : { ...rest, BinaryValue: Buffer.from(bytes as Uint8Array).toString('base64') },
  ]);
  return { ...message, MessageAttributes: Object.fromEntries(encoded) as Record<string, Attribute> };
}

interface Attribute {
  /** Bytes on our side, base64 on the wire. */
  BinaryValue?: unknown;
}

/** The answer as the SDK gives it: bytes of binary attributes. */
function fromWire(answer: unknown): unknown {
  const { Messages } = answer as {
    Messages?: { MessageAttributes?: Record<string, Attribute> }[];
  };
  for (const { MessageAttributes = {} } of Messages ?? [])
    for (const value of Object.values(MessageAttributes))
      if (typeof value.BinaryValue === 'string') value.BinaryValue = Buffer.from(value.BinaryValue, 'base64');
  return answer;
}
