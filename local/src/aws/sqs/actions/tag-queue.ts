import { missingParameter } from '../errors.ts';
import { withTags } from '../tags.ts';
import { queueOf, type Action } from './action.ts';

export const tagQueue: Action = (context, input) => {
  const queue = queueOf(context, input);
  const tags = input.stringMap('Tags');
  if (tags.size === 0) throw missingParameter('Tags');
  queue.tags = withTags(queue.tags, tags);
  return {};
};
