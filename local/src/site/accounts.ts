import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { ONE_TIME_CODE, ONE_TIME_CODE_RULE } from '@huntaze/core/one-time-code';
import { check } from '@huntaze/core/operations';
import { countActiveFans } from './fans.ts';

/** Who can log in, and what the site shows them. */
export interface Account {
  email: string;
  password: string;
  /** The site asks for it after the password; absent: the password is enough. */
  code?: string | undefined;
  profile: Profile;
}

/** What `/api2/v2/users/me` answers. */
interface Profile {
  id: number;
  name: string;
  username: string;
  about: string;
  location: string;
  website: string | null;
  joinDate: string;
  isVerified: boolean;
  subscribePrice: number;
  subscribersCount: number;
  favoritedCount: number;
  postsCount: number;
  photosCount: number;
  videosCount: number;
}

const accountsFile = z.array(
  z.strictObject({
    email: z.email('must be an e-mail address'),
    password: z.string().check(z.minLength(1)),
    /** What the site asks for after the password. */
    code: z.optional(z.string().check(z.regex(ONE_TIME_CODE, `must be ${ONE_TIME_CODE_RULE}`))),
    /** Overrides single fields of the profile made from the e-mail address. */
    profile: z.optional(z.record(z.string(), z.unknown())),
  }),
);

/** The accounts file can't be used; the message is one line that names the file and what is wrong. */
export class AccountsError extends Error {
  override readonly name = 'AccountsError';
}

/**
 * Reads the accounts: a JSON array of `{email, password, code?, profile?}`. They come from a file, never from the
 * command line, because there every user of the machine could read the passwords.
 * @throws AccountsError
 */
export function readAccounts(path: string): Account[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // A parser's message may quote the file, and with it a password: only the system's own errors are passed on.
    const code = (error as NodeJS.ErrnoException).code;
    throw new AccountsError(`accounts file ${path}: ${code ?? 'is not JSON'}`, { cause: error });
  }
  const checked = check(accountsFile, json);
  if (!checked.ok)
    throw new AccountsError(
      `accounts file ${path}: ${checked.faults.map(f => `${f.field} ${f.message}`).join('; ')}`,
    );
  return checked.value.map(({ email, password, code, profile }) => ({
    ...account(email, password, profile),
    code,
  }));
}

/** An account whose profile follows from its e-mail address: the same one, every time. */
export function account(email: string, password: string, overrides: Record<string, unknown> = {}): Account {
  return { email, password, profile: { ...profileOf(email), ...overrides } };
}

const NAMES = ['Ada', 'Bea', 'Cleo', 'Dana', 'Edie', 'Fleur', 'Gia', 'Hana', 'Iris', 'Juno', 'Kaia', 'Lou'];
const PLACES = ['Lisbon', 'Lyon', 'Leeds', 'Lodz', 'Lima', 'Lund', 'Lugano', 'Ljubljana'];
const ABOUT = [
  'Travel and tea.',
  'Dance, mostly.',
  'Cosplay on Fridays.',
  'Yoga at dawn.',
  'Paint and patience.',
];
const EARLIEST_JOIN = Date.UTC(2018, 0, 1);
const DAY_MS = 86_400_000;

function profileOf(email: string): Profile {
  const digest = createHash('sha256').update(email).digest();
  const below = (at: number, bound: number) => digest.readUInt32BE(at) % bound;
  const pick = (at: number, from: string[]) => from[below(at, from.length)] as string;
  const local = email.slice(0, email.indexOf('@')).replaceAll(/[^A-Za-z0-9_]/g, '_');
  const photosCount = below(20, 2_000);
  const videosCount = below(24, 300);
  return {
    id: digest.readUInt32BE(0),
    name: `${pick(4, NAMES)} ${local}`,
    username: local.toLowerCase(),
    about: pick(8, ABOUT),
    location: pick(12, PLACES),
    website: below(13, 2) === 0 ? null : `https://${local.toLowerCase().replaceAll('_', '-')}.example`,
    joinDate: new Date(EARLIEST_JOIN + below(16, 2_000) * DAY_MS).toISOString(),
    isVerified: below(17, 10) > 0,
    subscribePrice: below(18, 50) + 0.99,
    subscribersCount: countActiveFans(email),
    favoritedCount: below(27, 500_000),
    postsCount: photosCount + videosCount + below(5, 100),
    photosCount,
    videosCount,
  };
}
