import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import type { Clock } from '@huntaze/core/clock';
import { check } from '@huntaze/core/operations';
import type { Draft } from './conversations.ts';
import { isFan } from './fans.ts';
import type { Faults, SendFault } from './faults.ts';
import { readText, sendJson } from './http.ts';
import type { Memory } from './memory.ts';

const MAX_MESSAGE_BYTES = 131_072;

const posted = z.object({
  text: z.string().check(z.minLength(1), z.maxLength(10_000)),
  price: z.optional(z.number().check(z.gte(0), z.lte(1_000))),
  mediaIds: z.optional(z.array(z.string().check(z.minLength(1))).check(z.maxLength(100))),
});

/** Takes messages to fans, with what a test makes go wrong. */
export class Outbox {
  /** How many requests to send a message have arrived, whatever became of them. */
  received = 0;
  readonly #memory: Memory;
  readonly #clock: Clock;
  readonly #faults: Faults<SendFault>;

  constructor(memory: Memory, clock: Clock, faults: Faults<SendFault>) {
    this.#memory = memory;
    this.#clock = clock;
    this.#faults = faults;
  }

  /** `POST /api2/v2/chats/{fan}/messages`. Each one that is accepted is a message, even if it equals the last. */
  async post(request: IncomingMessage, response: ServerResponse, path: string, fan: string): Promise<void> {
    this.received += 1;
    const now = this.#clock.now();
    const account = this.#memory.session(request)?.account;
    if (!account) return sendJson(response, 401, { error: { message: 'Please log in' } });
    const text = await readText(request, MAX_MESSAGE_BYTES);
    if (text === undefined) {
      response.setHeader('connection', 'close');
      return sendJson(response, 413, { error: { message: 'Message too large' } });
    }
    if (!isFan(account.email, fan)) return sendJson(response, 404, { error: { message: 'No such fan' } });
    const draft = readDraft(text);
    if (!draft) return sendJson(response, 400, { error: { message: 'Not a message' } });

    const { takesEffect, after, answer }: SendFault = this.#faults.next() ?? {
      takesEffect: true,
      answer: 'usual',
    };
    await after;
    const status = answer === 'usual' ? 200 : typeof answer === 'object' ? answer.status : 0;
    const message = takesEffect
      ? this.#memory.sent(account, fan, draft, {
          at_ms: now,
          account: account.email,
          method: 'POST',
          path,
          status,
        })
      : undefined;
    if (answer === 'cut') request.socket.destroy();
    if (answer === 'cut' || answer === 'silence') return;
    if (answer === 'usual') return sendJson(response, status, message);
    if (answer.retryAfterSeconds !== undefined)
      response.setHeader('retry-after', String(answer.retryAfterSeconds));
    sendJson(response, status, answer.body ?? { error: { message: 'Something went wrong' } });
  }
}

function readDraft(text: string): Draft | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const checked = check(posted, json);
  if (!checked.ok) return undefined;
  return {
    text: checked.value.text,
    price: checked.value.price ?? 0,
    mediaIds: checked.value.mediaIds ?? [],
  };
}
