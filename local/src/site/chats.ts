import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import type { Clock } from '@huntaze/core/clock';
import type { Draft } from './conversations.ts';
import { takeEffect } from './effects.ts';
import { isFan } from './fans.ts';
import type { EffectFault, Faults } from './faults.ts';
import { asJson, readText, sendJson } from './http.ts';
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
  readonly #faults: Faults<EffectFault>;

  constructor(memory: Memory, clock: Clock, faults: Faults<EffectFault>) {
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

    await takeEffect(this.#faults.next(account.email), request, response, status =>
      this.#memory.sent(account, fan, draft, {
        at_ms: now,
        account: account.email,
        method: 'POST',
        path,
        status,
      }),
    );
  }
}

function readDraft(text: string): Draft | undefined {
  const draft = asJson(text, posted);
  return draft && { text: draft.text, price: draft.price ?? 0, mediaIds: draft.mediaIds ?? [] };
}
