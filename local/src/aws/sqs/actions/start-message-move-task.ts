import type { Action } from './action.ts';

export const startMessageMoveTask: Action = (context, input) => {
  const wanted = {
    sourceArn: input.requiredString('SourceArn'),
    destinationArn: input.string('DestinationArn'),
    perSecond: input.integer('MaxNumberOfMessagesPerSecond'),
  };
  return { TaskHandle: context.engine.moves.start(wanted, context.now).handle };
};
