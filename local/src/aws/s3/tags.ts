import { invalidArgument, invalidTag, malformedXml } from './errors.ts';
import type { XmlFields } from './xml.ts';
import { child, childText, childrenOf, onlyChildren, type XmlElement } from './xml-reader.ts';

const MAX_OBJECT_TAGS = 10;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html */
const MAX_BUCKET_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export type Tags = ReadonlyMap<string, string>;

/** Reads the header `x-amz-tagging`, written as a query. @throws InvalidArgument, InvalidTag */
export function readTagHeader(header: string | undefined): Tags {
  if (header === undefined || header === '') return new Map();
  const pairs = [...new URLSearchParams(header)];
  if (new Set(pairs.map(([key]) => key)).size !== pairs.length)
    throw invalidArgument(
      'The header x-amz-tagging shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.',
    );
  return checkTags(pairs);
}

/** Reads a `Tagging` document. @throws MalformedXML, InvalidTag */
export function readTagging(document: XmlElement): Tags {
  onlyChildren(document, ['TagSet']);
  const pairs = pairsIn(document);
  if (new Set(pairs.map(([key]) => key)).size !== pairs.length)
    throw invalidTag('Cannot provide multiple Tags with the same key');
  return checkTags(pairs);
}

/** Checks a bucket's `Tagging` document, which may say more. @throws MalformedXML, InvalidTag */
export function checkBucketTagging(document: XmlElement): void {
  onlyChildren(document, ['TagSet']);
  const pairs = pairsIn(document);
  if (pairs.length > MAX_BUCKET_TAGS) throw invalidTag('Bucket tag count cannot be greater than 50');
  for (const [key, value] of pairs) {
    if (key.trim() === '') throw malformedXml();
    if (key.length > MAX_KEY)
      throw invalidTag('The TagKey you have provided is too long, max allowed is 128');
    if (value.length > MAX_VALUE)
      throw invalidTag('The TagValue you have provided is too long, max allowed is 256');
  }
}

function pairsIn(document: XmlElement): [string, string][] {
  return childrenOf(child(document, 'TagSet'), 'Tag').map(tag => {
    const key = childText(tag, 'Key', true);
    const value = childText(tag, 'Value', true);
    if (key === undefined || value === undefined) throw malformedXml();
    return [key, value];
  });
}

/** A `Tagging` document's content. */
export function writeTagging(tags: Tags): XmlFields {
  return { TagSet: { Tag: [...tags].map(([Key, Value]) => ({ Key, Value })) } };
}

function checkTags(pairs: [string, string][]): Tags {
  if (pairs.length > MAX_OBJECT_TAGS) throw invalidTag('Object tags cannot be greater than 10');
  for (const [key, value] of pairs) {
    if (key === '' || key.length > MAX_KEY || !CHARACTERS.test(key))
      throw invalidTag('The TagKey you have provided is invalid');
    if (value.length > MAX_VALUE || !CHARACTERS.test(value))
      throw invalidTag('The TagValue you have provided is invalid');
    if (key.startsWith('aws:')) throw invalidTag('System tags cannot be added/updated by requester');
  }
  return new Map(pairs);
}
