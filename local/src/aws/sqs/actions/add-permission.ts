import { missingParameter } from '../errors.ts';
import { withPermission } from '../permissions.ts';
import { queueOf, type Action } from './action.ts';

export const addPermission: Action = (context, input) => {
  const queue = queueOf(context, input);
  const label = input.requiredString('Label');
  const accounts = input.strings('AWSAccountIds');
  const actions = input.strings('Actions');
  if (accounts.length === 0) throw missingParameter('AWSAccountIds');
  if (actions.length === 0) throw missingParameter('Actions');
  const permission = { label, accounts, actions, queueArn: queue.arn };
  const policy = withPermission(queue.attributes.get('Policy'), permission);
  context.engine.setAttributes(queue, new Map([['Policy', policy]]), context.now);
  return {};
};
