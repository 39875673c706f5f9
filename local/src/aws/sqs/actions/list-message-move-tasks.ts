import { invalidValue } from '../errors.ts';
import { MAX_MOVE_TASKS } from '../move-tasks.ts';
import type { Action } from './action.ts';

/** The newest tasks first, one by default. What wasn't asked for at the start is left out, as on AWS. */
export const listMessageMoveTasks: Action = (context, input) => {
  const sourceArn = input.requiredString('SourceArn');
  const maxResults = input.integer('MaxResults') ?? 1;
  if (maxResults < 1 || maxResults > MAX_MOVE_TASKS)
    throw invalidValue(maxResults, 'MaxResults', 'Must be between 1 and 10.');
  const tasks = context.engine.moves.list(sourceArn).slice(0, maxResults);
  return {
    Results: tasks.map(({ task, handle }) => ({
      TaskHandle: handle,
      Status: task.status,
      SourceArn: sourceArn,
      DestinationArn: task.destinationArn,
      MaxNumberOfMessagesPerSecond: task.perSecond,
      ApproximateNumberOfMessagesMoved: task.moved,
      ApproximateNumberOfMessagesToMove: task.toMove,
      FailureReason: task.failureReason,
      StartedTimestamp: task.startedAt,
    })),
  };
};
