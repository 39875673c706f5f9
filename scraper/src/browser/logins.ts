import type { StorageState } from '../saved-sessions.ts';

/** Logins of sessions that were closed while they were still good: the creator's next session goes on with it. */
export interface Logins {
  /** `login` may still be on its way; it never rejects, and undefined is none. */
  put(creatorId: string, login: Promise<StorageState | undefined>): void;
  /** Hands it out, and keeps it no longer. */
  take(creatorId: string): Promise<StorageState | undefined>;
}

/** Logins in memory, of `max` creators at most: those put in last. */
export function keptLogins(max: number): Logins {
  const kept = new Map<string, Promise<StorageState | undefined>>();
  return {
    put(creatorId, login) {
      kept.delete(creatorId);
      kept.set(creatorId, login);
      for (const oldest of kept.keys()) {
        if (kept.size <= max) break;
        kept.delete(oldest);
      }
    },
    async take(creatorId) {
      const login = kept.get(creatorId);
      kept.delete(creatorId);
      return login;
    },
  };
}
