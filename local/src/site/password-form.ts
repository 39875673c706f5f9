import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import type { Clock } from '@huntaze/core/clock';
import { takeEffect } from './effects.ts';
import type { EffectFault, Faults } from './faults.ts';
import { readJsonBody, sendJson } from './http.ts';
import type { Memory } from './memory.ts';

/** Where the password page loads from and posts to. */
export const PASSWORD_DATA = '/api2/v2/settings/password';
const MAX_BYTES = 4_096;
const SHORTEST = 8;
const LONGEST = 128;

const posted = z.object({ currentPassword: z.string(), newPassword: z.string() });

/** Takes new passwords, with what a test makes go wrong. */
export class PasswordForm {
  /** How many requests to change a password have arrived, whatever became of them. */
  received = 0;
  readonly #memory: Memory;
  readonly #clock: Clock;
  readonly #faults: Faults<EffectFault>;

  constructor(memory: Memory, clock: Clock, faults: Faults<EffectFault>) {
    this.#memory = memory;
    this.#clock = clock;
    this.#faults = faults;
  }

  /** `POST /api2/v2/settings/password`. A fault strikes what would have been taken, and nothing else. */
  async post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.received += 1;
    const now = this.#clock.now();
    const session = this.#memory.session(request);
    const refuse = (status: number, message: string) => sendJson(response, status, { error: { message } });
    if (!session) return refuse(401, 'Please log in');
    const change = await readJsonBody(request, MAX_BYTES, posted);
    if (!change) return refuse(400, 'Not a change of password');
    const { currentPassword, newPassword } = change;
    if (!this.#memory.passwords.isRight(session.account, currentPassword))
      return refuse(403, 'Wrong current password');
    if (newPassword.length < SHORTEST || newPassword.length > LONGEST)
      return refuse(400, `A password has ${SHORTEST} to ${LONGEST} characters`);
    if (newPassword === currentPassword) return refuse(400, 'The new password is the old one');

    await takeEffect(this.#faults.next(session.account.email), request, response, status => {
      this.#memory.passwordChanged(session, newPassword, {
        at_ms: now,
        account: session.account.email,
        method: 'POST',
        path: PASSWORD_DATA,
        status,
      });
      return { success: true };
    });
  }
}
