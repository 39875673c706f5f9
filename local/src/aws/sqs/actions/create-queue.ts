import type { Action } from './action.ts';

export const createQueue: Action = (context, input) => {
  const queue = context.engine.createQueue(
    input.requiredString('QueueName'),
    input.stringMap('Attributes'),
    context.now,
  );
  return { QueueUrl: context.urls.of(queue.name) };
};
