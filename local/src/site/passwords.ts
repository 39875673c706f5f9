import { createHash } from 'node:crypto';
import type { Account } from './accounts.ts';

/** A password that was changed at the site; the file keeps no password, only what one can be held against. */
interface Changed {
  digest: string;
  changedAt: string;
}

/** Which password an account has: that of the accounts file until its first change, and never again after it. */
export class Passwords {
  readonly #changed = new Map<string, Changed>();

  isRight({ email, password }: Account, given: string): boolean {
    const changed = this.#changed.get(email);
    return changed ? changed.digest === digestOf(email, given) : given === password;
  }

  /** Null where it was never changed. */
  changedAt({ email }: Account): string | null {
    return this.#changed.get(email)?.changedAt ?? null;
  }

  change(email: string, digest: string, changedAt: string): void {
    this.#changed.set(email, { digest, changedAt });
  }
}

export function digestOf(email: string, password: string): string {
  return createHash('sha256').update(`${email}\n${password}`).digest('base64url');
}
