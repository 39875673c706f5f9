import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { Clock } from '@huntaze/core/clock';
import { API_PREFIXES } from '@huntaze/core/names';
import { safeId } from '@huntaze/core/operations';
import * as z from 'zod/mini';
import { isAbsent, type S3 } from '../objects.ts';
import { endWebhook } from '../webhooks/kept.ts';
import { ROLES, type Identity } from './roles.ts';

/** What whoever makes a token says of it. */
export const askedToken = z.strictObject({
  /** What people call it. */
  name: z
    .string()
    .check(
      z.minLength(1),
      z.maxLength(100),
      z.regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not have control characters'),
    ),
  role: z.enum(ROLES),
  creators: z.union([z.literal('all'), z.array(safeId).check(z.minLength(1), z.maxLength(1_000))], {
    error: 'must be "all", or a list of creators',
  }),
  expires_at: z.optional(z.iso.datetime({ offset: true, error: 'must be a time like 2026-01-31T12:00:00Z' })),
});

/** A token, as far as anybody can say. */
export const shownToken = z.strictObject({
  id: safeId,
  created_at: z.iso.datetime(),
  ...askedToken.shape,
});

/** What is kept of a token: everything but itself. */
const keptToken = z.strictObject({
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  ...shownToken.shape,
});
export type KeptToken = z.infer<typeof keptToken>;

/** What tokens begin with, so that one that has leaked is known for what it is. */
const BEGINS = 'hz_';
const BYTES = 32;

/** How long a token that was found is believed without looking again (ms): so long a revoked one still works, at most. */
const BELIEVED_MS = 30_000;
/** How long one that wasn't found is refused without looking again (ms). */
const REFUSED_MS = 5_000;
/** So many are remembered at a time: more tokens, true or guessed, are looked up again. */
const MOST_REMEMBERED = 10_000;
/** How long S3 may take (ms). */
const DEADLINE_MS = 3_000;

/** The SHA-256 of a token, in hex. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Where a token lies in the results bucket. */
function keyOf(sha256: string): string {
  return `${API_PREFIXES.tokens}/${sha256}.json`;
}

/**
 * Makes a token and keeps all of it but itself.
 * @returns the token, which nobody can say again, and what was kept
 */
export async function createToken(
  s3: S3,
  bucket: string,
  about: Pick<KeptToken, 'name' | 'role' | 'creators'> & { expiresAt?: Date | undefined },
  now: Date,
): Promise<{ token: string; kept: KeptToken }> {
  const token = `${BEGINS}${randomBytes(BYTES).toString('base64url')}`;
  const { name, role, creators, expiresAt } = about;
  const kept = z.parse(keptToken, {
    id: `tok-${randomBytes(6).toString('hex')}`,
    sha256: hashOf(token),
    name,
    role,
    creators,
    created_at: now.toISOString(),
    ...(expiresAt && { expires_at: expiresAt.toISOString() }),
  });
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: keyOf(kept.sha256),
      Body: JSON.stringify(kept),
      ContentType: 'application/json',
    }),
    { abortSignal: AbortSignal.timeout(DEADLINE_MS) },
  );
  return { token, kept };
}

/** All tokens that are kept, the oldest first. */
export async function listTokens(s3: S3, bucket: string): Promise<KeptToken[]> {
  const found: KeptToken[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: `${API_PREFIXES.tokens}/`, ContinuationToken }),
      { abortSignal: AbortSignal.timeout(DEADLINE_MS) },
    );
    for (const { Key = '' } of page.Contents ?? []) {
      const kept = await readKept(s3, bucket, Key);
      if (kept) found.push(kept);
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return found.sort((a, b) => a.created_at.localeCompare(b.created_at));
}

/**
 * Revokes a token, its webhook first: nobody is let in with it any more, half a minute later at the latest.
 * @returns what was kept of it; undefined if there is none with this id
 */
export async function revokeToken(s3: S3, bucket: string, id: string): Promise<KeptToken | undefined> {
  const kept = (await listTokens(s3, bucket)).find(token => token.id === id);
  if (kept) {
    await endWebhook(s3, bucket, kept.id);
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(kept.sha256) }), {
      abortSignal: AbortSignal.timeout(DEADLINE_MS),
    });
  }
  return kept;
}

/** Whether a token still lets somebody in. Rejects when that can't be told now. */
export async function isAlive(s3: S3, bucket: string, sha256: string, now: number): Promise<boolean> {
  const kept = await readKept(s3, bucket, keyOf(sha256));
  return kept !== undefined && now < expiryOf(kept);
}

/** When a token ends, ms since the epoch. */
function expiryOf({ expires_at }: KeptToken): number {
  return expires_at === undefined ? Infinity : Date.parse(expires_at);
}

/** Undefined for what isn't there, and for what can't be read as a token: nobody is let in with that. */
async function readKept(s3: S3, bucket: string, key: string): Promise<KeptToken | undefined> {
  let text: string | undefined;
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
      abortSignal: AbortSignal.timeout(DEADLINE_MS),
    });
    text = await object.Body?.transformToString();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    return z.safeParse(keptToken, JSON.parse(text ?? '')).data;
  } catch {
    return undefined; // not JSON
  }
}

/** Who a token is; undefined: nobody. Rejects when that can't be told now. */
export type Authenticate = (token: string) => Promise<Identity | undefined>;

/**
 * Looks tokens up by their hash, and remembers for a while what came of it: an operation that is accepted needs no call
 * to S3. The installation's first token is told by its hash, and is an operator of all creators.
 */
export function tokenIdentities(
  s3: S3,
  { bucket, firstSha256, clock }: { bucket: string; firstSha256: string; clock: Clock },
): Authenticate {
  const remembered = new Map<string, { identity: Identity | undefined; until: number }>();

  async function look(sha256: string): Promise<KeptToken | undefined> {
    const kept = await readKept(s3, bucket, keyOf(sha256));
    return kept !== undefined && isSame(kept.sha256, sha256) ? kept : undefined;
  }

  return async token => {
    const sha256 = hashOf(token);
    if (isSame(sha256, firstSha256))
      return { tokenId: 'first', tokenSha256: sha256, role: 'operator', creators: 'all' };
    if (!token.startsWith(BEGINS)) return undefined; // none of ours: not worth a call
    const now = clock.now();
    const known = remembered.get(sha256);
    if (known !== undefined && now < known.until) return known.identity;
    const kept = await look(sha256);
    const expires = kept === undefined ? Infinity : expiryOf(kept);
    const isGood = kept !== undefined && now < expires;
    const identity = isGood
      ? { tokenId: kept.id, tokenSha256: sha256, role: kept.role, creators: kept.creators }
      : undefined;
    const until = Math.min(now + (isGood ? BELIEVED_MS : REFUSED_MS), isGood ? expires : Infinity);
    remembered.delete(sha256);
    remembered.set(sha256, { identity, until });
    // The one that was looked up longest ago goes first.
    const [oldest] = remembered.keys();
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    return identity;
  };
}

/** Of two hashes, in a time that tells nothing of either. */
function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
