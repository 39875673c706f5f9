import * as z from 'zod/mini';
import { paramsOf } from '../operation.ts';
import { message, readConversation, type Message } from './conversation.ts';
import { chatPage, CHATS, MORE, OLDER } from './labels.ts';
import { DEFAULT_MAX, pageOf, readList } from './list.ts';
import { id, readAs } from './read.ts';
import type { Visit } from './visit.ts';

/** `/api2/v2/chats`: what we take from it. */
const chat = z.object({
  withUser: z.object({ id, name: z.string(), username: z.string() }),
  lastMessage: z.nullable(message),
});

/** What `chats.scrape` results in without a fan: the conversations, in the site's order. */
interface Chats {
  count: number;
  /** Whether these are all; false where there are more than were asked for. */
  complete: boolean;
  chats: z.infer<typeof chat>[];
}

/** What it results in with one: the messages of that conversation, newest first. */
interface Messages {
  fan_id: string;
  count: number;
  complete: boolean;
  messages: Message[];
}

/** `chats.scrape`: the creator's conversations, or what was written in one of them. */
export async function scrapeChats(visit: Visit): Promise<Chats | Messages> {
  const { fan_id, max = DEFAULT_MAX } = paramsOf(visit.operation, 'chats.scrape');
  return fan_id === undefined ? conversations(visit, max) : messages(visit, fan_id, max);
}

async function conversations(visit: Visit, max: number): Promise<Chats> {
  const { items, complete } = await readList(visit, {
    page: CHATS,
    more: MORE,
    what: 'chats',
    max,
    read: json => readAs(visit, pageOf(chat), json, CHATS),
    idOf: one => one.withUser.id,
  });
  return { count: items.length, complete, chats: items };
}

async function messages(visit: Visit, fanId: string, max: number): Promise<Messages> {
  const page = chatPage(fanId);
  const { items, complete } = await readList(visit, {
    page,
    more: OLDER,
    what: 'messages',
    max,
    read: json => {
      const { list, hasMore } = readConversation(visit, json, page);
      return { list: list.toReversed(), hasMore };
    },
    idOf: one => one.id,
  });
  return { fan_id: fanId, count: items.length, complete, messages: items };
}
