import { checkWrite } from './conditions.ts';
import { tellVersion, type Handler } from './context.ts';
import { encryptionHeaders } from './encryption.ts';
import { tellExpiry } from './lifecycle.ts';
import { answerWrite, checksumOrOwn, describedBy, finish } from './object-headers.ts';
import { readTagHeader } from './tags.ts';
import { readUpload } from './upload.ts';

/** PutObject, with If-None-Match: * and If-Match. */
export const putObject: Handler = async (context, request, response) => {
  const { store } = context;
  const { bucket, key, headers, now } = request;
  const { encryption, lifecycle } = store.buckets.require(bucket);
  const described = describedBy(headers);
  const tags = readTagHeader(headers.get('x-amz-tagging'));
  const encryptedBy = encryptionHeaders(headers, encryption, context);
  const watch = store.watch(bucket, key);
  try {
    const { bytes, checksum } = await readUpload(request);
    const finished = finish(bytes, described, encryptedBy, checksumOrOwn(checksum, bytes));
    const draft = { ...finished, bytes, modifiedAt: now, tags };
    const version = store.put(bucket, key, draft, existing => checkWrite(headers, existing, watch));
    tellVersion(context, request, response, version);
    tellExpiry(response, lifecycle, { key, modifiedAt: now, size: bytes.length, tags });
    response.setHeader('etag', finished.etag);
    answerWrite(response, finished.headers);
    response.end();
  } finally {
    watch.done();
  }
};
