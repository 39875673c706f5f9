import type { Accepted } from '../lua/operation.ts';
import { ATTRIBUTES } from './names.ts';
import type { OperationMessage, OperationRequest } from './operations.ts';

/**
 * An accepted operation's message for the rate limiter's queue, in the shape in which the SDK sends one. It follows
 * from the request and its place alone, so that a repeated one has the same bytes.
 */
export function messageFor(request: OperationRequest, place: Accepted) {
  const { operationId, sequence, follows } = place;
  const message = {
    operation_id: operationId,
    ...request,
    requested_at: new Date(place.notedAt).toISOString(),
    correlation_id: operationId,
  } satisfies OperationMessage;
  return {
    MessageBody: JSON.stringify(message),
    MessageAttributes: {
      [ATTRIBUTES.correlationId]: { DataType: 'String', StringValue: operationId },
      [ATTRIBUTES.sequence]: { DataType: 'Number', StringValue: sequence },
      ...(follows === undefined
        ? {}
        : { [ATTRIBUTES.follows]: { DataType: 'Number', StringValue: follows } }),
    },
  };
}
