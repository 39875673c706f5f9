import { checkDelete } from './conditions.ts';
import { sendNothing, sendXml, versionAsked, type Handler, type S3Context } from './context.ts';
import { invalidRequest, malformedXml, S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import { readDocument } from './upload.ts';
import { xmlDocument, type XmlFields } from './xml.ts';
import { childText, childrenOf, onlyChildren, parseXml, type XmlElement } from './xml-reader.ts';

const MAX_KEYS = 1_000;

/** DeleteObject: what isn't there is deleted, too. */
export const deleteObject: Handler = ({ store }, request, response) => {
  const { bucket, key, now, headers } = request;
  const deleted = store.delete(bucket, key, { version: versionAsked(request), now }, existing =>
    checkDelete(headers.get('if-match'), existing),
  );
  if (deleted !== undefined) response.setHeader('x-amz-version-id', deleted.version);
  if (deleted?.isMarker === true) response.setHeader('x-amz-delete-marker', 'true');
  sendNothing(response, 204);
};

/** DeleteObjects: up to 1,000 at once, each told of by itself. */
export const deleteObjects: Handler = async (context, request, response) => {
  const { headers } = request;
  context.store.buckets.require(request.bucket);
  const isChecked =
    headers.has('content-md5') ||
    headers.has('x-amz-trailer') ||
    [...headers.keys()].some(name => name.startsWith('x-amz-checksum-'));
  if (!isChecked) throw invalidRequest('Missing required header for this request: Content-MD5');
  const document = parseXml(await readDocument(request), 'Delete');
  onlyChildren(document, ['Object', 'Quiet']);
  const objects = childrenOf(document, 'Object');
  if (objects.length === 0 || objects.length > MAX_KEYS) throw malformedXml();
  const isQuiet = childText(document, 'Quiet') === 'true';
  const results = objects.map(object => deleteOne(context, request, object));
  sendXml(
    response,
    xmlDocument('DeleteResult', {
      Deleted: isQuiet
        ? undefined
        : results.flatMap(({ deleted }) => (deleted === undefined ? [] : [deleted])),
      Error: results.flatMap(({ error }) => (error === undefined ? [] : [error])),
    }),
  );
};

function deleteOne(
  { store }: S3Context,
  { bucket, now }: S3Request,
  object: XmlElement,
): { deleted?: XmlFields; error?: XmlFields } {
  onlyChildren(object, ['Key', 'VersionId', 'ETag', 'LastModifiedTime', 'Size']);
  const Key = childText(object, 'Key', true);
  const VersionId = childText(object, 'VersionId');
  if (Key === undefined || Key === '') throw malformedXml();
  try {
    const result = store.delete(bucket, Key, { version: VersionId, now }, existing =>
      checkDelete(childText(object, 'ETag'), existing),
    );
    const marker = result?.isMarker === true && { DeleteMarker: true, DeleteMarkerVersionId: result.version };
    return { deleted: { Key, VersionId, ...marker } };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return { error: { Key, VersionId, Code: error.code, Message: error.message } };
  }
}
