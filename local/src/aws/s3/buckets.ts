import { sendNothing, sendXml, type Handler } from './context.ts';
import {
  bucketAlreadyOwned,
  invalidArgument,
  invalidBucketName,
  notImplemented,
  wrongLocation,
} from './errors.ts';
import { readDocument } from './upload.ts';
import { xmlDocument } from './xml.ts';
import { child, childText, onlyChildren, parseXml } from './xml-reader.ts';

const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const NOT_A_NAME =
  /\.\.|^\d+\.\d+\.\d+\.\d+$|^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;
const DEMO = /^amzn-s3-demo-/;
const OLDEST_REGION = 'us-east-1';
const MAX_BUCKETS = 10_000;

/** CreateBucket. In the oldest region a bucket that one has already is created again without an error. */
export const createBucket: Handler = async ({ store, region }, request, response) => {
  const { bucket, headers } = request;
  if (!NAME.test(bucket) || (NOT_A_NAME.test(bucket) && !DEMO.test(bucket))) throw invalidBucketName();
  if (headers.get('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true')
    throw notImplemented('Object Lock');
  const body = await readDocument(request);
  const configuration = body.length === 0 ? undefined : parseXml(body, 'CreateBucketConfiguration');
  if (configuration !== undefined) onlyChildren(configuration, ['LocationConstraint', 'Tags']);
  const constraint = childText(configuration, 'LocationConstraint') ?? '';
  if (constraint !== '' && constraint !== region) throw wrongLocation(constraint);
  if (constraint === '' && region !== OLDEST_REGION) throw wrongLocation('unspecified');
  const tags = child(configuration, 'Tags');
  if (!store.buckets.has(bucket)) {
    store.buckets.create(bucket, request.now);
    if (tags !== undefined) {
      const tagSet = { name: 'TagSet', text: '', children: tags.children };
      store.buckets.set(bucket, { tagging: { name: 'Tagging', text: '', children: [tagSet] } });
    }
  } else if (region !== OLDEST_REGION) throw bucketAlreadyOwned();
  response.setHeader('location', `/${bucket}`);
  sendNothing(response);
};

export const headBucket: Handler = ({ store, region }, { bucket }, response) => {
  store.buckets.require(bucket);
  response.setHeader('x-amz-bucket-region', region);
  sendNothing(response);
};

export const deleteBucket: Handler = ({ store }, { bucket }, response) => {
  store.buckets.delete(bucket);
  sendNothing(response, 204);
};

/** Every parameter of ListBuckets. */
export const LIST_BUCKETS_PARAMETERS = ['prefix', 'max-buckets', 'continuation-token', 'bucket-region'];

export const listBuckets: Handler = ({ store, region, accountId }, { query }, response) => {
  const limit = query.get('max-buckets') ?? String(MAX_BUCKETS);
  if (!/^\d{1,5}$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_BUCKETS)
    throw invalidArgument(`Argument max-buckets must be an integer between 1 and ${MAX_BUCKETS}`);
  const prefix = query.get('prefix') ?? '';
  const after = Buffer.from(query.get('continuation-token') ?? '', 'base64').toString('utf8');
  const found = (query.get('bucket-region') ?? region) === region ? store.buckets.all() : [];
  const matching = found.filter(({ name }) => name.startsWith(prefix) && name > after);
  const page = matching.slice(0, Number(limit));
  sendXml(
    response,
    xmlDocument('ListAllMyBucketsResult', {
      Owner: { ID: accountId },
      Buckets: {
        Bucket: page.map(({ name, createdAt }) => ({
          Name: name,
          CreationDate: new Date(createdAt).toISOString(),
          BucketRegion: region,
        })),
      },
      Prefix: query.has('prefix') ? prefix : undefined,
      ContinuationToken:
        matching.length > page.length ? Buffer.from(page.at(-1)?.name ?? '').toString('base64') : undefined,
    }),
  );
};
