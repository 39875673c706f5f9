/**
 * What a token may do. `viewer`: look. `creator`: besides, ask for operations and cancel or repeat its own. `operator`:
 * besides, everything that acts on creators, limits and dead letters. Each for the creators it is bound to.
 */
export const ROLES = ['viewer', 'creator', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** Whose creators: those that are named, or all there are and will be. */
type Creators = 'all' | readonly string[];

/** Who asks, as far as the token tells. */
export interface Identity {
  /** The token's id: what is logged, counted and recorded of it. */
  tokenId: string;
  /** Its SHA-256, in hex: makes idempotency keys its own. */
  tokenSha256: string;
  role: Role;
  creators: Creators;
}

/** Whether a role is enough where another is asked for. */
export function isAtLeast(role: Role, asked: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(asked);
}

/** Whether an identity is bound to a creator. To whoever isn't, nothing of that creator exists. */
export function isBoundTo({ creators }: Pick<Identity, 'creators'>, creatorId: string): boolean {
  return creators === 'all' || creators.includes(creatorId);
}
