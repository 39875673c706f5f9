import { createHash } from 'node:crypto';
import { isSafeId } from '@huntaze/core/ids';

/** Whoever follows an account, as `/api2/v2/subscriptions/subscribers` shows them. */
export interface Fan {
  id: string;
  name: string;
  username: string;
  subscribedAt: string;
  expiredAt: string;
  isActive: boolean;
}

/** Which of an account's fans a list shows. */
export const FAN_LISTS = ['active', 'expired', 'all'] as const;
export type FanList = (typeof FAN_LISTS)[number];

/** Every account has at least so many fans, `fan-1` and on. */
const LEAST_FANS = 240;
const MORE_FANS = 400;
/** Every fourth subscription has ended. */
const EXPIRED_EVERY = 4;
const FIRST_DAY = Date.UTC(2020, 0, 1);
const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;

const NAMES = ['Alex', 'Blair', 'Casey', 'Drew', 'Eden', 'Frankie', 'Gray', 'Harper', 'Indy', 'Jules', 'Kit'];

function digestOf(email: string): Buffer {
  return createHash('sha256').update(`fans of ${email}`).digest();
}

/** How many fans an account has; which, follows from its e-mail address alone. */
function countFans(email: string): number {
  return LEAST_FANS + (digestOf(email).readUInt32BE(0) % MORE_FANS);
}

/** How many of them have a subscription that runs. */
export function countActiveFans(email: string): number {
  return listFans(email, 'active').length;
}

/**
 * Whether the account can write to `id`: to `fan-1` up to its last one, and to whoever has an id of another form,
 * so that a job with ids of its own runs here too. Those are in no list.
 */
export function isFan(email: string, id: string): boolean {
  const number = /^fan-(\d+)$/.exec(id)?.[1];
  if (number === undefined) return isSafeId(id);
  return !number.startsWith('0') && Number(number) <= countFans(email);
}

/** The ids of all that are in a list. */
export function fanIds(email: string): string[] {
  return listFans(email, 'all').map(number => `fan-${number}`);
}

/** Whom a conversation is with; somebody who is in no list is called by the id. */
export function userOf(email: string, id: string): Pick<Fan, 'id' | 'name' | 'username'> {
  const number = /^fan-(\d+)$/.exec(id)?.[1];
  if (number === undefined) return { id, name: id, username: id };
  const { name, username } = fan(digestOf(email), Number(number));
  return { id, name, username };
}

/** One page of a list: the oldest fans first, and whether there are more. */
export function pageOfFans(
  email: string,
  list: FanList,
  offset: number,
  limit: number,
): { list: Fan[]; hasMore: boolean } {
  const numbers = listFans(email, list);
  const digest = digestOf(email);
  return {
    list: numbers.slice(offset, offset + limit).map(number => fan(digest, number)),
    hasMore: offset + limit < numbers.length,
  };
}

function listFans(email: string, list: FanList): number[] {
  const digest = digestOf(email);
  const all = Array.from({ length: countFans(email) }, (_, i) => i + 1);
  return list === 'all' ? all : all.filter(number => isActive(digest, number) === (list === 'active'));
}

function isActive(digest: Buffer, number: number): boolean {
  return (number + digest.readUInt8(4)) % EXPIRED_EVERY > 0;
}

function fan(digest: Buffer, number: number): Fan {
  const name = NAMES[(number + digest.readUInt8(5)) % NAMES.length] as string;
  const subscribedAt = FIRST_DAY + number * DAY_MS + digest.readUInt8(number % 32) * 60_000;
  const active = isActive(digest, number);
  return {
    id: `fan-${number}`,
    name: `${name} ${number}`,
    username: `${name.toLowerCase()}${number}`,
    subscribedAt: new Date(subscribedAt).toISOString(),
    // A subscription that runs is renewed month by month: its end is far off.
    expiredAt: new Date(subscribedAt + (active ? 240 : 1) * MONTH_MS).toISOString(),
    isActive: active,
  };
}
