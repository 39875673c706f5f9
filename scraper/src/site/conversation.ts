import * as z from 'zod/mini';
import type { JournalEntry } from '../journal.ts';
import type { OperationMessage } from '@huntaze/core/operations';
import type { DataPage } from './labels.ts';
import { id, readAs, time, whole } from './read.ts';
import type { Visit } from './visit.ts';

/** What a message is to be. */
export type Draft = Extract<OperationMessage, { kind: 'message.send' }>['params'];

/** A message as it stands in a conversation. */
export const message = z.object({
  /** Larger for a newer message. */
  id: whole,
  text: z.string(),
  createdAt: time,
  isFromMe: z.boolean(),
  media: z.optional(z.nullable(z.array(z.object({ id })))),
  price: z.optional(z.nullable(z.number())),
});
export type Message = z.infer<typeof message>;

/** `/api2/v2/chats/{fan_id}/messages`: what we take from it. */
const conversation = z.object({
  /** Newest last. */
  list: z.array(message).check(z.maxLength(1_000)),
  /** Whether there are older ones; absent: nobody says. */
  hasMore: z.optional(z.boolean()),
});
export type Conversation = z.infer<typeof conversation>;

/** @throws SiteChanged for a conversation of another shape */
export function readConversation(
  visit: Pick<Visit, 'operation'>,
  json: unknown,
  page: DataPage,
): Conversation {
  return readAs(visit, conversation, json, page);
}

/** The answer to a message that was posted; undefined where it isn't a message of ours. */
export function readSent(json: unknown): Message | undefined {
  const parsed = z.safeParse(message, json);
  return parsed.success && parsed.data.isFromMe ? parsed.data : undefined;
}

/** The newest message's id; null in an empty conversation. */
export function newestId({ list }: Conversation): number | null {
  return list.reduce<number | null>((newest, one) => Math.max(newest ?? one.id, one.id), null);
}

/**
 * Looks for a message that was tried. Only ours newer than the one noted before the try count: an equal one that
 * is older belongs to another operation. `unclear`: older ones were cut off before the noted one, so that what
 * isn't here may be there.
 */
export function look(
  { list, hasMore }: Conversation,
  draft: Draft,
  { newestId: noted }: Pick<JournalEntry, 'newestId'>,
): Message | 'absent' | 'unclear' {
  const seen = list.find(one => one.id > (noted ?? -Infinity) && isSame(one, draft));
  if (seen) return seen;
  const reachesBack =
    hasMore === false || (noted === null ? hasMore === undefined : list.some(one => one.id <= noted));
  return reachesBack ? 'absent' : 'unclear';
}

/** Whether there is a message like this from `sinceMs` (ms since the epoch) or later. */
export function hasSince({ list }: Conversation, draft: Draft, sinceMs: number): boolean {
  return list.some(one => Date.parse(one.createdAt) >= sinceMs && isSame(one, draft));
}

function isSame(one: Message, draft: Draft): boolean {
  const wanted = draft.media_ids ?? [];
  const media = one.media ?? [];
  return (
    one.isFromMe &&
    plain(one.text) === plain(draft.text) &&
    (one.price ?? 0) === (draft.price ?? 0) &&
    media.length === wanted.length &&
    media.every((item, i) => item.id === wanted[i])
  );
}

/** A text as it comes back from a text box: one kind of line end, nothing around it, no broken characters. */
export function plain(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').trim().toWellFormed();
}
