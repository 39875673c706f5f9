import { queueOf, type Action } from './action.ts';
import { forEachEntry, readEntries } from './batch.ts';

export const deleteMessage: Action = (context, input) => {
  queueOf(context, input).delete(input.requiredString('ReceiptHandle'), context.now);
  return {};
};

export const deleteMessageBatch: Action = (context, input) => {
  const queue = queueOf(context, input);
  return forEachEntry(readEntries(input, 'DeleteMessageBatchRequestEntry'), entry => {
    queue.delete(entry.requiredString('ReceiptHandle'), context.now);
    return {};
  });
};
