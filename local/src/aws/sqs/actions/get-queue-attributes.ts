import { invalidAttributeName } from '../errors.ts';
import { isAttributeName } from '../queue-attributes.ts';
import { queueOf, type Action } from './action.ts';

/** The attributes that are set, and those that follow from what is in the queue right now. */
export const getQueueAttributes: Action = (context, input) => {
  const queue = queueOf(context, input);
  const counts = queue.counts(context.now);
  const all = new Map([
    ...queue.attributes,
    ['QueueArn', queue.arn],
    ['ApproximateNumberOfMessages', String(counts.available)],
    ['ApproximateNumberOfMessagesNotVisible', String(counts.inFlight)],
    ['ApproximateNumberOfMessagesDelayed', String(counts.delayed)],
    ['CreatedTimestamp', String(Math.floor(queue.createdAt / 1_000))],
    ['LastModifiedTimestamp', String(Math.floor(queue.modifiedAt / 1_000))],
  ]);
  const names = input.strings('AttributeNames');
  for (const name of names)
    if (name !== 'All' && !all.has(name) && !isAttributeName(name)) throw invalidAttributeName(name);
  const wanted = [...all].filter(([name]) => names.includes('All') || names.includes(name));
  return wanted.length === 0 ? {} : { Attributes: Object.fromEntries(wanted) };
};
