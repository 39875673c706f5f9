import { queueOf, type Action } from './action.ts';

/** Receives that wait for the queue get nothing. */
export const deleteQueue: Action = (context, input) => {
  const queue = queueOf(context, input);
  context.engine.deleteQueue(queue, context.now);
  context.polls.end(queue);
  return {};
};
