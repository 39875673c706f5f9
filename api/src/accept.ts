import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { newOperationId } from '@huntaze/core/ids';
import { accept, voidOperation, type Accepted } from '@huntaze/core/lua';
import { ATTRIBUTES } from '@huntaze/core/names';
import type { OperationMessage, OperationRequest } from '@huntaze/core/operations';
import type { Api } from './compose.ts';

/** How long an operation's sending is repeated before it is given up (ms). */
const SEND_MS = 10_000;

export interface AcceptedOperation extends Accepted {
  operationId: string;
}

/** The operation was not accepted, and nothing of it is left that could still run. */
export class NotAccepted extends Error {
  override readonly name = 'NotAccepted';
}

/**
 * Takes an operation on: its place first, then the queue. It is accepted as a whole or not at all; a send
 * whose answer is lost is repeated with the same body, and withdrawn when that doesn't help either.
 * @throws NotAccepted when Redis or the queue can't be reached
 */
export async function acceptOperation(
  api: Api,
  request: OperationRequest,
  now: number,
): Promise<AcceptedOperation> {
  const operationId = newOperationId(now);
  const operation = { operationId, creatorId: request.creator_id, kind: request.kind };
  let place: Accepted;
  try {
    place = await accept(api.redis, api.limit, operation);
  } catch (error) {
    throw new NotAccepted('the line can not be reached', { cause: error });
  }
  const { creatorId, kind } = operation;
  console.log(
    JSON.stringify({ message: 'accepting', operation_id: operationId, creator_id: creatorId, kind }),
  );
  try {
    await send(api, request, operationId, place, now);
  } catch (error) {
    if (await withdrawn(api, operationId))
      throw new NotAccepted('the queue can not be reached', { cause: error });
  }
  return { ...place, operationId };
}

/** False if the message has been seen in the line after all: then the operation stands. */
async function withdrawn(api: Api, operationId: string): Promise<boolean> {
  try {
    return await voidOperation(api.redis, operationId);
  } catch (error) {
    throw new NotAccepted('neither the queue nor the line can be reached', { cause: error });
  }
}

async function send(
  api: Api,
  request: OperationRequest,
  operationId: string,
  place: Accepted,
  now: number,
): Promise<void> {
  const correlationId = crypto.randomUUID();
  const message = {
    operation_id: operationId,
    ...request,
    requested_at: new Date(now).toISOString(),
    correlation_id: correlationId,
  } satisfies OperationMessage;
  const command = new SendMessageCommand({
    QueueUrl: api.env.QUEUE_URL,
    MessageBody: JSON.stringify(message),
    MessageAttributes: {
      [ATTRIBUTES.correlationId]: { DataType: 'String', StringValue: correlationId },
      [ATTRIBUTES.sequence]: { DataType: 'Number', StringValue: place.sequence },
      ...(place.follows === undefined
        ? {}
        : { [ATTRIBUTES.follows]: { DataType: 'Number', StringValue: place.follows } }),
    },
  });
  await api.sqs.send(command, { abortSignal: AbortSignal.timeout(SEND_MS) });
}
