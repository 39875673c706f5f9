import { AwsError } from '../aws-error.ts';

/** The services that faults can be planned for. */
export type ServiceName = 'sqs' | 's3' | 'secretsmanager' | 'cloudwatch';

const INTERNAL = 'We encountered an internal error. Please try again.';

const internal: Record<ServiceName, () => AwsError> = {
  // SQS documents InternalFailure and answers, as batches do, InternalError.
  sqs: () => aws('com.amazon.coral.service#InternalError', 'InternalError', 500, INTERNAL),
  s3: () => aws('com.amazonaws.s3#InternalError', 'InternalError', 500, INTERNAL),
  secretsmanager: () =>
    aws('InternalServiceError', 'InternalServiceError', 500, 'An error occurred on the server side.'),
  cloudwatch: () =>
    aws('com.amazonaws.cloudwatch#InternalServiceFault', 'InternalServiceError', 500, INTERNAL),
};

const unavailable: Record<ServiceName, () => AwsError> = {
  sqs: () =>
    aws(
      'com.amazon.coral.service#ServiceUnavailableException',
      'ServiceUnavailable',
      503,
      'The request has failed due to a temporary failure of the server.',
    ),
  s3: () =>
    aws(
      'com.amazonaws.s3#ServiceUnavailable',
      'ServiceUnavailable',
      503,
      'Service is unable to handle request.',
    ),
  secretsmanager: () =>
    aws(
      'ServiceUnavailableException',
      'ServiceUnavailableException',
      503,
      'The request has failed due to a temporary failure of the server.',
    ),
  cloudwatch: () =>
    aws(
      'com.amazon.coral.service#ServiceUnavailableException',
      'ServiceUnavailable',
      503,
      'The request has failed due to a temporary failure of the server.',
    ),
};

const throttled: Record<ServiceName, () => AwsError> = {
  // RequestThrottled is the one that SQS's model has, with 403 in its trait for the query protocol.
  sqs: () =>
    aws(
      'com.amazonaws.sqs#RequestThrottled',
      'RequestThrottled',
      403,
      'The request was denied due to request throttling.',
    ),
  // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  s3: () => aws('com.amazonaws.s3#SlowDown', 'SlowDown', 503, 'Please reduce your request rate.'),
  secretsmanager: () => aws('ThrottlingException', 'ThrottlingException', 400, 'Rate exceeded'),
  cloudwatch: () => aws('com.amazon.coral.service#ThrottlingException', 'Throttling', 400, 'Rate exceeded'),
};

/** The error of a service that has failed. */
export function serviceFailed(service: ServiceName, status: 500 | 503): AwsError {
  return (status === 500 ? internal : unavailable)[service]();
}

/** The error of a service that gets too many requests. */
export function serviceThrottles(service: ServiceName): AwsError {
  return throttled[service]();
}

/** What a batch of SQS says about an entry that failed through no fault of the sender's. */
export function failedEntry(id: string): object {
  return { Id: id, SenderFault: false, Code: 'InternalError', Message: INTERNAL };
}

function aws(shape: string, code: string, status: number, message: string): AwsError {
  return new AwsError({ shape, code, status, message });
}
