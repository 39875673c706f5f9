import { createHash } from 'node:crypto';
import type { Account } from './accounts.ts';
import { fanIds, userOf } from './fans.ts';

/** One message of a conversation, as `/api2/v2/chats/{fan}/messages` shows it. */
export interface Message {
  /** Larger for a newer message, at the whole site. */
  id: number;
  fromUser: { id: number | string };
  text: string;
  createdAt: string;
  isFromMe: boolean;
  media: { id: string }[];
  price: number;
}

/** One entry of `/api2/v2/chats`. */
export interface Chat {
  withUser: { id: string; name: string; username: string };
  lastMessage: Message;
}

/** What the creator wants to send. */
export interface Draft {
  text: string;
  price: number;
  mediaIds: string[];
}

/** Messages sent from here on have larger ids than all those that were there before. */
const FIRST_NEW_ID = 1_000_000;
const GREETINGS = ['Hello!', 'Loved your last post.', 'How are you?', 'When is the next one?'];
const HISTORY_STARTS = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const LONG_EVERY = 20;
const LONG = 250;
/** Ids of a long conversation lie so far from those of the next. */
const LONG_IDS = 1_000;
/** Kept of a conversation, beside what was there before: the newest. */
const MAX_MESSAGES = 10_000;

/** What the creators and their fans have written to one another. */
export class Conversations {
  readonly #sent = new Map<string, Message[]>();
  #nextId = FIRST_NEW_ID;

  /**
   * The newest `limit` messages of a conversation, newest last, and whether there are older ones.
   * @param before only messages with a smaller id
   */
  newest(
    account: Account,
    fan: string,
    limit: number,
    before = Number.POSITIVE_INFINITY,
  ): { list: Message[]; hasMore: boolean } {
    const sent = this.#sent.get(keyOf(account.email, fan)) ?? [];
    const all = [...history(account, fan), ...sent].filter(({ id }) => id < before);
    return { list: all.slice(-limit), hasMore: all.length > limit };
  }

  /** Of all conversations in which something was said, the one with the newest message first. */
  list(account: Account, offset: number, limit: number): { list: Chat[]; hasMore: boolean } {
    const suffix = keyOf(account.email, '');
    const others = [...this.#sent.keys()].filter(key => key.endsWith(suffix));
    const fans = new Set([...fanIds(account.email), ...others.map(key => key.slice(0, -suffix.length))]);
    const chats = [...fans].flatMap(fan => {
      const lastMessage = this.newest(account, fan, 1).list[0];
      return lastMessage ? [{ withUser: userOf(account.email, fan), lastMessage }] : [];
    });
    chats.sort(
      ({ lastMessage: a }, { lastMessage: b }) => b.createdAt.localeCompare(a.createdAt) || b.id - a.id,
    );
    return { list: chats.slice(offset, offset + limit), hasMore: offset + limit < chats.length };
  }

  /** A message as it will be once it is added. */
  compose(account: Account, draft: Draft, now: number): Message {
    return {
      id: this.#nextId,
      fromUser: { id: account.profile.id },
      text: draft.text,
      createdAt: new Date(now).toISOString(),
      isFromMe: true,
      media: draft.mediaIds.map(id => ({ id })),
      price: draft.price,
    };
  }

  add(email: string, fan: string, message: Message): void {
    const key = keyOf(email, fan);
    const messages = this.#sent.get(key) ?? [];
    messages.push(message);
    if (messages.length > MAX_MESSAGES) messages.shift();
    this.#sent.set(key, messages);
    this.#nextId = Math.max(this.#nextId, message.id) + 1;
  }
}

function keyOf(email: string, fan: string): string {
  return `${fan} ${email}`;
}

/**
 * What was there before: 0 to 3 messages by the fan, every time the same; with every twentieth fan a long
 * conversation of 250, in turns.
 */
function history(account: Account, fan: string): Message[] {
  const number = Number(/^fan-(\d+)$/.exec(fan)?.[1] ?? 0);
  const long = number > 0 && number % LONG_EVERY === 0;
  const digest = createHash('sha256').update(keyOf(account.email, fan)).digest();
  const count = long ? LONG : digest.readUInt8(0) % GREETINGS.length;
  return Array.from({ length: count }, (_, i) => {
    const isFromMe = long && i % 2 === 1;
    return {
      id: long ? number * LONG_IDS + i : number * 10 + i,
      fromUser: { id: isFromMe ? account.profile.id : fan },
      text: long ? `${GREETINGS[i % GREETINGS.length]} (${i + 1})` : (GREETINGS[i] as string),
      createdAt: new Date(HISTORY_STARTS + number * DAY_MS + i * (long ? HOUR_MS : DAY_MS)).toISOString(),
      isFromMe,
      media: [],
      price: 0,
    };
  });
}
