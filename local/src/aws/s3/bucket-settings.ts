import type { Encryption } from './bucket-table.ts';
import { sendNothing, sendXml, type Handler } from './context.ts';
import { checkEncryption, DEFAULT_ENCRYPTION } from './encryption.ts';
import { malformedXml, noLifecycle, notImplemented, S3Error } from './errors.ts';
import { checkLifecycle } from './lifecycle.ts';
import { checkBucketTagging } from './tags.ts';
import { readDocument } from './upload.ts';
import { writeXml, xmlDocument } from './xml.ts';
import { child, childText, childrenOf, onlyChildren, parseXml } from './xml-reader.ts';

/** What a bucket can be set to, by the parameter that names it and the method. */
export const BUCKET_SETTINGS: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  encryption: { GET: getEncryption, PUT: putEncryption, DELETE: deleteEncryption },
  versioning: { GET: getVersioning, PUT: putVersioning },
  lifecycle: { GET: getLifecycle, PUT: putLifecycle, DELETE: deleteLifecycle },
  tagging: { GET: getTagging, PUT: putTagging, DELETE: deleteTagging },
  location: { GET: getLocation },
};

function getEncryption(...[{ store }, { bucket }, response]: Parameters<Handler>): void {
  const { algorithm, keyId, bucketKey } = store.buckets.require(bucket).encryption ?? DEFAULT_ENCRYPTION;
  const byDefault = { SSEAlgorithm: algorithm, KMSMasterKeyID: keyId };
  sendXml(
    response,
    xmlDocument('ServerSideEncryptionConfiguration', {
      Rule: { ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled: bucketKey ?? false },
    }),
  );
}

async function putEncryption(...[{ store }, request, response]: Parameters<Handler>): Promise<void> {
  const document = parseXml(await readDocument(request), 'ServerSideEncryptionConfiguration');
  const [rule, ...others] = childrenOf(document, 'Rule');
  const byDefault = child(rule, 'ApplyServerSideEncryptionByDefault');
  const algorithm = childText(byDefault, 'SSEAlgorithm');
  if (rule === undefined || others.length > 0 || algorithm === undefined) throw malformedXml();
  if (child(rule, 'BlockedEncryptionTypes') !== undefined) throw notImplemented('BlockedEncryptionTypes');
  onlyChildren(rule, ['ApplyServerSideEncryptionByDefault', 'BucketKeyEnabled']);
  const keyId = childText(byDefault, 'KMSMasterKeyID');
  const encryption: Encryption = {
    algorithm,
    ...(keyId !== undefined && { keyId }),
    bucketKey: childText(rule, 'BucketKeyEnabled') === 'true',
  };
  checkEncryption(encryption);
  store.buckets.set(request.bucket, { encryption });
  sendNothing(response);
}

function deleteEncryption(...[{ store }, { bucket }, response]: Parameters<Handler>): void {
  store.buckets.set(bucket, { encryption: undefined });
  sendNothing(response, 204);
}

function getVersioning(...[{ store }, { bucket }, response]: Parameters<Handler>): void {
  const { versioning } = store.buckets.require(bucket);
  sendXml(response, xmlDocument('VersioningConfiguration', { Status: versioning }));
}

async function putVersioning(...[{ store }, request, response]: Parameters<Handler>): Promise<void> {
  const document = parseXml(await readDocument(request), 'VersioningConfiguration');
  onlyChildren(document, ['Status', 'MfaDelete']);
  if (childText(document, 'MfaDelete') === 'Enabled') throw notImplemented('MFA delete');
  const versioning = childText(document, 'Status');
  if (versioning !== 'Enabled' && versioning !== 'Suspended')
    throw new S3Error(
      'IllegalVersioningConfigurationException',
      400,
      'The Versioning element must be specified',
    );
  store.buckets.set(request.bucket, { versioning });
  sendNothing(response);
}

const SMALLEST_TRANSITION = 'x-amz-transition-default-minimum-object-size';

function getLifecycle(...[{ store }, { bucket }, response]: Parameters<Handler>): void {
  const { lifecycle } = store.buckets.require(bucket);
  if (lifecycle === undefined) throw noLifecycle();
  response.setHeader(SMALLEST_TRANSITION, 'all_storage_classes_128K');
  sendXml(response, writeXml(lifecycle));
}

async function putLifecycle(...[{ store }, request, response]: Parameters<Handler>): Promise<void> {
  const lifecycle = checkLifecycle(parseXml(await readDocument(request), 'LifecycleConfiguration'));
  store.buckets.set(request.bucket, { lifecycle });
  response.setHeader(SMALLEST_TRANSITION, 'all_storage_classes_128K');
  sendNothing(response);
}

function deleteLifecycle(...[{ store }, { bucket }, response]: Parameters<Handler>): void {
  store.buckets.set(bucket, { lifecycle: undefined });
  sendNothing(response, 204);
}

function getTagging(...[{ store }, { bucket }, response]: Parameters<Handler>): void {
  const { tagging } = store.buckets.require(bucket);
  if (tagging === undefined) throw new S3Error('NoSuchTagSet', 404, 'The TagSet does not exist');
  sendXml(response, writeXml(tagging));
}

async function putTagging(...[{ store }, request, response]: Parameters<Handler>): Promise<void> {
  const tagging = parseXml(await readDocument(request), 'Tagging');
  checkBucketTagging(tagging);
  store.buckets.set(request.bucket, { tagging });
  sendNothing(response, 204);
}

function deleteTagging(...[{ store }, { bucket }, response]: Parameters<Handler>): void {
  store.buckets.set(bucket, { tagging: undefined });
  sendNothing(response, 204);
}

/** The oldest region is told by an empty element. */
function getLocation(...[{ store, region }, { bucket }, response]: Parameters<Handler>): void {
  store.buckets.require(bucket);
  const text = region === 'us-east-1' ? '' : region;
  sendXml(response, writeXml({ name: 'LocationConstraint', text, children: [] }));
}
