import { queueOf, type Action } from './action.ts';

export const setQueueAttributes: Action = (context, input) => {
  context.engine.setAttributes(queueOf(context, input), input.stringMap('Attributes'), context.now);
  return {};
};
