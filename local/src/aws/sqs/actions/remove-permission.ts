import { withoutPermission } from '../permissions.ts';
import { queueOf, type Action } from './action.ts';

export const removePermission: Action = (context, input) => {
  const queue = queueOf(context, input);
  const label = input.requiredString('Label');
  const policy = withoutPermission(queue.attributes.get('Policy'), label, queue.arn);
  context.engine.setAttributes(queue, new Map([['Policy', policy]]), context.now);
  return {};
};
