import { invalidParameter } from './errors.ts';

/** What AWS allows a queue, counted in characters where it is a length. */
const MAX_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;

/**
 * A queue's tags with more of them; one of the same key takes the new value.
 * @throws InvalidParameterValue beyond the limits of "Amazon SQS cost allocation tags" in the Developer Guide
 */
export function withTags(
  tags: ReadonlyMap<string, string>,
  more: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  for (const [key, value] of more) {
    if (key.length < 1 || key.length > MAX_KEY)
      throw invalidParameter('Tag keys must be between 1 and 128 characters in length.');
    if (value.length > MAX_VALUE)
      throw invalidParameter('Tag values must be between 0 and 256 characters in length.');
  }
  const all = new Map([...tags, ...more]);
  if (all.size > MAX_TAGS) throw invalidParameter(`Too many tags: a queue can have up to ${MAX_TAGS}.`);
  return all;
}
