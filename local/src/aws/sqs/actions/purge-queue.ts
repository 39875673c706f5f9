import { purgeInProgress } from '../errors.ts';
import { queueOf, type Action } from './action.ts';

/** A purge may take AWS this long, and until then it takes no other. */
const PURGE_MS = 60_000;

export const purgeQueue: Action = (context, input) => {
  const queue = queueOf(context, input);
  if (context.now - queue.purgedAt < PURGE_MS) throw purgeInProgress(queue.name);
  queue.purge(context.now);
  return {};
};
