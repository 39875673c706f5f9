import { missingParameter } from '../errors.ts';
import { queueOf, type Action } from './action.ts';

/** A key that the queue hasn't got is no error. */
export const untagQueue: Action = (context, input) => {
  const queue = queueOf(context, input);
  const keys = input.strings('TagKeys');
  if (keys.length === 0) throw missingParameter('TagKeys');
  queue.tags = new Map([...queue.tags].filter(([key]) => !keys.includes(key)));
  return {};
};
