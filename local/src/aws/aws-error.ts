/**
 * An error as AWS words it. What the client's SDK sees of it depends on the protocol:
 * AWS JSON sends `shape` as `__type`, S3 sends `code` inside XML.
 */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** The shape with its namespace, e.g. `com.amazonaws.sqs#QueueDoesNotExist`. */
  readonly shape: string;
  /** The short code; for SQS the one of the older query protocol, which SDKs still prefer. */
  readonly code: string;
  /** The HTTP status. */
  readonly status: number;
  /** The code that batch results use where it differs from `code`. */
  readonly batchCode: string;

  constructor(about: { shape: string; code: string; status?: number; message: string; batchCode?: string }) {
    super(about.message);
    this.shape = about.shape;
    this.code = about.code;
    this.status = about.status ?? 400;
    this.batchCode = about.batchCode ?? about.code;
  }
}

/** The request's body can't be read as the protocol wants it. */
export function serializationError(message: string): AwsError {
  return new AwsError({
    shape: 'com.amazon.coral.service#SerializationException',
    code: 'SerializationException',
    message,
  });
}
