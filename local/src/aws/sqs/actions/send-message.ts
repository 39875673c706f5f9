import { batchTooLong } from '../errors.ts';
import { checkSize, draftSize, readDraft } from '../draft.ts';
import type { Draft } from '../message.ts';
import { md5OfAttributes } from '../message-attributes.ts';
import type { Queue } from '../queue.ts';
import { MAX_MESSAGE_BYTES } from '../queue-attributes.ts';
import { queueOf, type Action } from './action.ts';
import { forEachEntry, readEntries } from './batch.ts';

export const sendMessage: Action = (context, input) => {
  const queue = queueOf(context, input);
  return send(queue, readDraft(input, queue), context.now);
};

/** Sends each entry by itself; all together must fit into one message's limit. */
export const sendMessageBatch: Action = (context, input) => {
  const queue = queueOf(context, input);
  const entries = readEntries(input, 'SendMessageBatchRequestEntry').map(({ id, entry }) => ({
    id,
    entry: attempt(() => readDraft(entry, queue)),
  }));
  let bytes = 0;
  for (const { entry } of entries) if (entry.ok) bytes += draftSize(entry.draft);
  if (bytes > MAX_MESSAGE_BYTES) throw batchTooLong(MAX_MESSAGE_BYTES, bytes);
  return forEachEntry(entries, entry => {
    if (!entry.ok) throw entry.error;
    return send(queue, entry.draft, context.now);
  });
};

type Attempt = { ok: true; draft: Draft } | { ok: false; error: unknown };

function attempt(read: () => Draft): Attempt {
  try {
    return { ok: true, draft: read() };
  } catch (error) {
    return { ok: false, error };
  }
}

function send(queue: Queue, draft: Draft, now: number): object {
  checkSize(draft, queue);
  const { messageId, sequenceNumber } = queue.send(draft, now);
  const md5OfMessageAttributes = md5OfAttributes(draft.attributes);
  const md5OfSystemAttributes = md5OfAttributes(draft.systemAttributes);
  return {
    MessageId: messageId,
    MD5OfMessageBody: draft.md5OfBody,
    ...(md5OfMessageAttributes !== undefined && { MD5OfMessageAttributes: md5OfMessageAttributes }),
    ...(md5OfSystemAttributes !== undefined && { MD5OfMessageSystemAttributes: md5OfSystemAttributes }),
    ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }),
  };
}
