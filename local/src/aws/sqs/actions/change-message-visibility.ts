import type { Input } from '../../input.ts';
import type { Queue } from '../queue.ts';
import { queueOf, type Action } from './action.ts';
import { forEachEntry, readEntries } from './batch.ts';

const change = (queue: Queue, input: Input, now: number) => {
  queue.changeVisibility(
    input.requiredString('ReceiptHandle'),
    input.requiredInteger('VisibilityTimeout'),
    now,
  );
  return {};
};

export const changeMessageVisibility: Action = (context, input) =>
  change(queueOf(context, input), input, context.now);

export const changeMessageVisibilityBatch: Action = (context, input) => {
  const queue = queueOf(context, input);
  const entries = readEntries(input, 'ChangeMessageVisibilityBatchRequestEntry');
  return forEachEntry(entries, entry => change(queue, entry, context.now));
};
