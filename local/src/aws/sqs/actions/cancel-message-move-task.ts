import type { Action } from './action.ts';

export const cancelMessageMoveTask: Action = (context, input) => ({
  ApproximateNumberOfMessagesMoved: context.engine.moves.cancel(input.requiredString('TaskHandle')),
});
