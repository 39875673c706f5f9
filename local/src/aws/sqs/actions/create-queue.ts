import type { Action } from './action.ts';

export const createQueue: Action = (context, input) => {
  const queue = context.engine.createQueue(
    input.requiredString('QueueName'),
    input.stringMap('Attributes'),
    context.now,
    input.stringMap('tags'),
  );
  return { QueueUrl: context.urls.of(queue.name) };
};
