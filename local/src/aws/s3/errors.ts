import { AwsError } from '../aws-error.ts';
import type { XmlFields } from './xml.ts';

/** An error of S3's, with what it says beside code and message. */
export class S3Error extends AwsError {
  /** Further elements of the error's XML. */
  readonly fields: XmlFields;
  /** Headers of the answer, which a HEAD's caller sees, too. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    status: number,
    message: string,
    more: { fields?: XmlFields; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super({ shape: `com.amazonaws.s3#${code}`, code, status, message });
    this.fields = more.fields ?? {};
    this.headers = more.headers ?? {};
  }
}

const s3Error = (code: string, status: number, message: string, fields: XmlFields = {}) =>
  new S3Error(code, status, message, { fields });

export const noSuchBucket = () => s3Error('NoSuchBucket', 404, 'The specified bucket does not exist');
export const noSuchUpload = () =>
  s3Error(
    'NoSuchUpload',
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  );
export const noSuchVersion = () => s3Error('NoSuchVersion', 404, 'The specified version does not exist.');
export const noSuchKey = (headers: Record<string, string> = {}) =>
  new S3Error('NoSuchKey', 404, 'The specified key does not exist.', { headers });
export const preconditionFailed = (condition: string) =>
  s3Error('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });
export const conditionalRequestConflict = (condition: string) =>
  s3Error(
    'ConditionalRequestConflict',
    409,
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
    { Condition: condition },
  );
export const notModified = (headers: Record<string, string>) =>
  new S3Error('NotModified', 304, 'Not Modified', { headers });
export const invalidRange = (asked: string, size: number) =>
  s3Error('InvalidRange', 416, 'The requested range is not satisfiable', {
    RangeRequested: asked,
    ActualObjectSize: size,
  });
export const invalidArgument = (message: string) => s3Error('InvalidArgument', 400, message);
export const invalidRequest = (message: string) => s3Error('InvalidRequest', 400, message);
export const invalidUri = () => s3Error('InvalidURI', 400, "Couldn't parse the specified URI.");
export const keyTooLong = () => s3Error('KeyTooLongError', 400, 'Your key is too long');
export const entityTooLarge = () =>
  s3Error('EntityTooLarge', 400, 'Your proposed upload exceeds the maximum allowed object size.');
export const entityTooSmall = () =>
  s3Error('EntityTooSmall', 400, 'Your proposed upload is smaller than the minimum allowed size');
export const invalidPart = () =>
  s3Error(
    'InvalidPart',
    400,
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  );
export const invalidPartOrder = () =>
  s3Error(
    'InvalidPartOrder',
    400,
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
  );
export const incompleteBody = () =>
  s3Error(
    'IncompleteBody',
    400,
    'The request body does not have the form or the length its headers promise.',
  );
export const malformedXml = () =>
  s3Error(
    'MalformedXML',
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
export const badDigest = (what: string) =>
  s3Error('BadDigest', 400, `The ${what} you specified did not match the calculated checksum.`);
export const badContentMd5 = () =>
  s3Error('BadDigest', 400, 'The Content-MD5 you specified did not match what we received.');
export const invalidDigest = () =>
  s3Error('InvalidDigest', 400, 'The Content-MD5 you specified was invalid.');
export const payloadHashMismatch = (given: string, computed: string) =>
  s3Error(
    'XAmzContentSHA256Mismatch',
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    { ClientComputedContentSHA256: given, S3ComputedContentSHA256: computed },
  );
export const metadataTooLarge = () =>
  s3Error('MetadataTooLarge', 400, 'Your metadata headers exceed the maximum allowed metadata size');
export const invalidTag = (message: string) => s3Error('InvalidTag', 400, message);
export const invalidStorageClass = () =>
  s3Error('InvalidStorageClass', 400, 'The storage class you specified is not valid');
export const archived = () =>
  s3Error('InvalidObjectState', 403, "The operation is not valid for the object's storage class");
export const accessDenied = (message: string, fields: XmlFields = {}) =>
  s3Error('AccessDenied', 403, message, fields);
export const badPresignedQuery = (message: string) =>
  s3Error('AuthorizationQueryParametersError', 400, message);
export const bucketNotEmpty = () =>
  s3Error('BucketNotEmpty', 409, 'The bucket you tried to delete is not empty');
export const bucketAlreadyOwned = () =>
  s3Error(
    'BucketAlreadyOwnedByYou',
    409,
    'Your previous request to create the named bucket succeeded and you already own it.',
  );
export const invalidBucketName = () =>
  s3Error('InvalidBucketName', 400, 'The specified bucket is not valid.');
export const wrongLocation = (constraint: string) =>
  s3Error(
    'IllegalLocationConstraintException',
    400,
    `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
export const noLifecycle = () =>
  s3Error('NoSuchLifecycleConfiguration', 404, 'The lifecycle configuration does not exist');
export const noAcls = () => s3Error('AccessControlListNotSupported', 400, 'The bucket does not allow ACLs');
export const methodNotAllowed = (headers: Record<string, string> = {}) =>
  new S3Error('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.', {
    headers,
  });
/** AWS's words, and which function it is. */
export const notImplemented = (what: string) =>
  s3Error(
    'NotImplemented',
    501,
    `A header or query you provided implies functionality that is not implemented: ${what} is not supported here.`,
  );
