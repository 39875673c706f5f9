import type { Encryption } from './bucket-table.ts';
import { invalidArgument, notImplemented } from './errors.ts';

const PREFIX = 'x-amz-server-side-encryption';
const KMS = new Set(['aws:kms', 'aws:kms:dsse']);

/** Since January 2023 every object is encrypted at least so. https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html */
export const DEFAULT_ENCRYPTION: Encryption = { algorithm: 'AES256' };

/** Where a key id is made an ARN. */
export interface KeyOwner {
  region: string;
  accountId: string;
}

/**
 * The headers that tell how a new object is encrypted: as its request says, else as its bucket is set to.
 * Nothing really is encrypted here; what a caller can see of it is as on AWS.
 * @throws InvalidArgument; NotImplemented for keys that the caller brings (SSE-C)
 */
export function encryptionHeaders(
  headers: ReadonlyMap<string, string>,
  bucketDefault: Encryption = DEFAULT_ENCRYPTION,
  owner: KeyOwner,
): [string, string][] {
  for (const name of headers.keys())
    if (name.startsWith(`${PREFIX}-customer-`)) throw notImplemented('Encryption with a key of the caller');
  const asked = headers.get(PREFIX);
  const bucketKey = headers.get(`${PREFIX}-bucket-key-enabled`);
  const keyId = headers.get(`${PREFIX}-aws-kms-key-id`);
  if (asked === undefined && keyId !== undefined)
    throw invalidArgument(
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    );
  const encryption: Encryption =
    asked === undefined
      ? bucketDefault
      : {
          algorithm: asked,
          ...(keyId !== undefined && { keyId }),
          bucketKey: bucketKey === undefined ? bucketDefault.bucketKey === true : bucketKey === 'true',
        };
  checkEncryption(encryption);
  if (!KMS.has(encryption.algorithm)) return [[PREFIX, encryption.algorithm]];
  return [
    [PREFIX, encryption.algorithm],
    [`${PREFIX}-aws-kms-key-id`, keyArn(encryption.keyId, owner)],
    ...(encryption.bucketKey === true ? [[`${PREFIX}-bucket-key-enabled`, 'true'] as [string, string]] : []),
  ];
}

/** Whether a header of an object tells how it is encrypted. */
export function isEncryptionHeader(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** Whether objects so encrypted have tags that aren't the MD5 of their bytes. */
export function hidesMd5(headers: ReadonlyMap<string, string>): boolean {
  return KMS.has(headers.get(PREFIX) ?? '');
}

/** @throws InvalidArgument */
export function checkEncryption({ algorithm, keyId }: Encryption): void {
  if (algorithm !== 'AES256' && !KMS.has(algorithm))
    throw invalidArgument('The encryption method specified is not supported');
  if (algorithm === 'AES256' && keyId !== undefined)
    throw invalidArgument('a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms');
}

/** AWS answers with the key's ARN, however it was named. Without any it is the account's own key for S3. */
function keyArn(keyId: string | undefined, { region, accountId }: KeyOwner): string {
  const prefix = `arn:aws:kms:${region}:${accountId}:`;
  if (keyId === undefined) return `${prefix}key/00000000-0000-4000-8000-000000000003`;
  if (keyId.startsWith('arn:')) return keyId;
  return keyId.startsWith('alias/') ? `${prefix}${keyId}` : `${prefix}key/${keyId}`;
}
