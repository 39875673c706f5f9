import { invalidArgument, invalidTag, malformedXml } from './errors.ts';
import type { XmlFields } from './xml.ts';
import { child, childText, childrenOf, onlyChildren, type XmlElement } from './xml-reader.ts';

const MAX_OBJECT_TAGS = 10;
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
  const pairs = childrenOf(child(document, 'TagSet'), 'Tag').map((tag): [string, string] => {
    const key = childText(tag, 'Key', true);
    const value = childText(tag, 'Value', true);
    if (key === undefined || value === undefined) throw malformedXml();
    return [key, value];
  });
  if (new Set(pairs.map(([key]) => key)).size !== pairs.length)
    throw invalidTag('Cannot provide multiple Tags with the same key');
  return checkTags(pairs);
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
