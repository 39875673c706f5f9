import { AwsError } from '../aws-error.ts';

/*
 * SQS's errors. Modelled ones carry the shape of the service's model and the code that the older query
 * protocol had for them; the unmodelled ones (InvalidParameterValue, MissingParameter) exist as codes only.
 */

function modelled(shape: string, code: string, message: string, status = 400): AwsError {
  return new AwsError({ shape: `com.amazonaws.sqs#${shape}`, code, status, message });
}

function legacy(shape: string, message: string, status = 400): AwsError {
  return modelled(shape, `AWS.SimpleQueueService.${shape}`, message, status);
}

export const missingParameter = (name: string) =>
  new AwsError({
    shape: 'com.amazon.coral.service#MissingParameterException',
    code: 'MissingParameter',
    message: `The request must contain the parameter ${name}.`,
  });

export const invalidParameter = (message: string) =>
  new AwsError({
    shape: 'com.amazon.coral.service#InvalidParameterValueException',
    code: 'InvalidParameterValue',
    message,
  });

/** AWS's usual sentence about one parameter. */
export const invalidValue = (value: unknown, name: string, reason: string) =>
  invalidParameter(`Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`);

/** A parameter that only the other kind of queue has. */
export const wrongQueueType = (value: unknown, name: string) =>
  invalidValue(value, name, 'The request include parameter that is not valid for this queue type.');

export const queueDoesNotExist = () =>
  modelled(
    'QueueDoesNotExist',
    'AWS.SimpleQueueService.NonExistentQueue',
    'The specified queue does not exist.',
  );

export const queueNameExists = (attribute: string) =>
  modelled(
    'QueueNameExists',
    'QueueAlreadyExists',
    `A queue already exists with the same name and a different value for attribute ${attribute}`,
  );

/** AWS: "You must wait 60 seconds after deleting a queue before you can create another queue with the same name." */
export const queueDeletedRecently = () =>
  legacy(
    'QueueDeletedRecently',
    'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
  );

export const resourceDoesNotExist = (name: string) =>
  modelled(
    'ResourceNotFoundException',
    'ResourceNotFoundException',
    `The resource that you specified for the ${name} parameter doesn't exist.`,
    404,
  );

export const arnFormat = (name: string) =>
  invalidParameter(
    `You must use this format to specify the ${name}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`,
  );

export const moveTaskDoesNotExist = () =>
  modelled('ResourceNotFoundException', 'ResourceNotFoundException', 'Task does not exist.', 404);

export const tooManyPermissions = (wanted: number, limit: number) =>
  modelled('OverLimit', 'OverLimit', `${wanted} Actions were found, maximum allowed is ${limit}.`, 403);

export const invalidAttributeName = (name: string) =>
  modelled('InvalidAttributeName', 'InvalidAttributeName', `Unknown Attribute ${name}.`);

export const invalidAttributeValue = (name: string) =>
  modelled('InvalidAttributeValue', 'InvalidAttributeValue', `Invalid value for the parameter ${name}.`);

export const receiptHandleIsInvalid = () =>
  modelled(
    'ReceiptHandleIsInvalid',
    'ReceiptHandleIsInvalid',
    'The input receipt handle is not a valid receipt handle.',
    404,
  );

/** FIFO: the visibility timeout has ended, or the message was received again. Batches report another code. */
export const receiptHandleExpired = (handle: string) =>
  new AwsError({
    shape: 'com.amazon.coral.service#InvalidParameterValueException',
    code: 'InvalidParameterValue',
    batchCode: 'ReceiptHandleIsInvalid',
    message: `Value ${handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
  });

export const notAvailableForVisibilityChange = (handle: string) =>
  invalidValue(
    handle,
    'ReceiptHandle',
    'Message does not exist or is not available for visibility timeout change.',
  );

/** An attempt of which something was deleted or changed since: https://github.com/aws/aws-sdk-java/issues/2613 */
export const receiveNotRetryable = (attemptId: string) =>
  invalidValue(
    attemptId,
    'ReceiveRequestAttemptId',
    'The receiveRequestAttemptId is not valid anymore since the receive call is not retryable.',
  );

export const messageNotInflight = () =>
  legacy('MessageNotInflight', 'The message referred to is not in flight.');

export const overLimit = (limit: number) =>
  modelled('OverLimit', 'OverLimit', `The maximum number of in flight messages is reached: ${limit}.`, 403);

export const purgeInProgress = (queue: string) =>
  legacy(
    'PurgeQueueInProgress',
    `Only one PurgeQueue operation on ${queue} is allowed every 60 seconds.`,
    403,
  );

export const invalidMessageContents = (character: number) =>
  modelled(
    'InvalidMessageContents',
    'InvalidMessageContents',
    `Invalid binary character '#x${character.toString(16).toUpperCase()}' was found in the message body, the set of ` +
      'allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
  );

export const messageTooLong = (limitBytes: number) =>
  invalidParameter(
    `One or more parameters are invalid. Reason: Message must be shorter than ${limitBytes} bytes.`,
  );

export const batchTooLong = (limitBytes: number, sentBytes: number) =>
  legacy(
    'BatchRequestTooLong',
    `Batch requests cannot be longer than ${limitBytes} bytes. You have sent ${sentBytes} bytes.`,
  );

export const emptyBatch = (entry: string) =>
  legacy('EmptyBatchRequest', `There should be at least one ${entry} in the request.`);

export const tooManyEntries = (sent: number) =>
  legacy(
    'TooManyEntriesInBatchRequest',
    `Maximum number of entries per request are 10. You have sent ${sent}.`,
  );

export const idsNotDistinct = (id: string) => legacy('BatchEntryIdsNotDistinct', `Id ${id} repeated.`);

export const invalidBatchId = () =>
  legacy(
    'InvalidBatchEntryId',
    'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
  );

export const unsupported = (message: string) => legacy('UnsupportedOperation', message);
