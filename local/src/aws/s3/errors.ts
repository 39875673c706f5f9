import { AwsError } from '../aws-error.ts';

const s3Error = (code: string, status: number, message: string) =>
  new AwsError({ shape: `com.amazonaws.s3#${code}`, code, status, message });

export const noSuchBucket = () => s3Error('NoSuchBucket', 404, 'The specified bucket does not exist');
export const noSuchKey = () => s3Error('NoSuchKey', 404, 'The specified key does not exist.');
export const preconditionFailed = () =>
  s3Error('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold');
export const notModified = () => s3Error('NotModified', 304, 'Not Modified');
export const invalidArgument = (message: string) => s3Error('InvalidArgument', 400, message);
export const invalidRequest = (message: string) => s3Error('InvalidRequest', 400, message);
export const invalidUri = () => s3Error('InvalidURI', 400, "Couldn't parse the specified URI.");
export const keyTooLong = () => s3Error('KeyTooLongError', 400, 'Your key is too long');
export const entityTooLarge = () =>
  s3Error('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed object size.');
export const incompleteBody = () =>
  s3Error(
    'IncompleteBody',
    400,
    'The request body does not have the form or the length its headers promise.',
  );
export const badDigest = (what: string) =>
  s3Error('BadDigest', 400, `The ${what} you specified did not match the calculated checksum.`);
export const methodNotAllowed = () =>
  s3Error('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.');
export const notImplemented = (what: string) =>
  s3Error('NotImplemented', 501, `${what} is not supported here.`);
