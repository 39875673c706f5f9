import { ACCOUNT_ID } from '../engine.ts';
import { queueDoesNotExist } from '../errors.ts';
import type { Action } from './action.ts';

export const getQueueUrl: Action = (context, input) => {
  if ((input.string('QueueOwnerAWSAccountId') ?? ACCOUNT_ID) !== ACCOUNT_ID) throw queueDoesNotExist();
  const queue = context.engine.queue(input.requiredString('QueueName'));
  return { QueueUrl: context.urls.of(queue.name) };
};
