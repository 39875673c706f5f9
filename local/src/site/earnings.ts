import { createHash } from 'node:crypto';

/** One entry of `/api2/v2/earnings/transactions`. Amounts in dollars: what was paid, the site's part, the creator's. */
export interface Transaction {
  id: string;
  createdAt: string;
  type: (typeof TYPES)[number];
  amount: number;
  fee: number;
  net: number;
  user: { id: string };
}

const TYPES = ['subscription', 'message', 'tip', 'post'] as const;
const LEAST = 150;
const MORE = 600;
const FIRST_DAY = Date.UTC(2025, 0, 1);
/** Three a day. */
const APART_MS = 8 * 3_600_000;
const FEE_PERCENT = 20;

/**
 * One page of what an account has earned, newest first; how much, follows from its e-mail address alone.
 * @param from the first day, like 2026-01-31 (UTC); undefined: from the beginning
 * @param to the last day, itself included
 */
export function pageOfTransactions(
  email: string,
  { from = '', to = '9999-12-31' }: { from?: string | undefined; to?: string | undefined },
  offset: number,
  limit: number,
): { list: Transaction[]; hasMore: boolean } {
  const digest = createHash('sha256').update(`earnings of ${email}`).digest();
  const count = LEAST + (digest.readUInt32BE(0) % MORE);
  const all = Array.from({ length: count }, (_, i) => transaction(digest, count - i)).filter(
    ({ createdAt }) => createdAt.slice(0, 10) >= from && createdAt.slice(0, 10) <= to,
  );
  return { list: all.slice(offset, offset + limit), hasMore: offset + limit < all.length };
}

function transaction(digest: Buffer, number: number): Transaction {
  const drawn = digest.readUInt8(number % 32) + number;
  const cents = 300 + ((drawn * 37) % 9_700);
  const fee = Math.round((cents * FEE_PERCENT) / 100);
  return {
    id: `tx-${number}`,
    createdAt: new Date(FIRST_DAY + number * APART_MS + (drawn % 60) * 60_000).toISOString(),
    type: TYPES[drawn % TYPES.length] as Transaction['type'],
    amount: cents / 100,
    fee: fee / 100,
    net: (cents - fee) / 100,
    user: { id: `fan-${1 + (drawn % 200)}` },
  };
}
