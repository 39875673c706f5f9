import { queueOf, type Action } from './action.ts';

export const listQueueTags: Action = (context, input) => {
  const { tags } = queueOf(context, input);
  return tags.size === 0 ? {} : { Tags: Object.fromEntries(tags) };
};
