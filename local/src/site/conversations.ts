import { createHash } from 'node:crypto';
import type { Account } from './accounts.ts';

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
/** Kept of a conversation, beside what was there before: the newest. */
const MAX_MESSAGES = 10_000;

/** What the creators and their fans have written to one another. */
export class Conversations {
  readonly #sent = new Map<string, Message[]>();
  #nextId = FIRST_NEW_ID;

  /** The newest `limit` messages of a conversation, newest last, and whether there are older ones. */
  newest(account: Account, fan: string, limit: number): { list: Message[]; hasMore: boolean } {
    const all = [...history(account, fan), ...(this.#sent.get(keyOf(account.email, fan)) ?? [])];
    return { list: all.slice(-limit), hasMore: all.length > limit };
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

/** What was there before: 0 to 3 messages by the fan, every time the same. */
function history(account: Account, fan: string): Message[] {
  const digest = createHash('sha256').update(keyOf(account.email, fan)).digest();
  const number = Number(fan.slice(fan.indexOf('-') + 1));
  return GREETINGS.slice(0, digest.readUInt8(0) % GREETINGS.length).map((text, i) => ({
    id: number * 10 + i,
    fromUser: { id: fan },
    text,
    createdAt: new Date(HISTORY_STARTS + (number + i) * DAY_MS).toISOString(),
    isFromMe: false,
    media: [],
    price: 0,
  }));
}
