import type { Input } from '../../input.ts';
import { invalidValue } from '../errors.ts';

/** Without MaxResults a listing ends after so many. */
const MAX_RESULTS = 1_000;

/**
 * The part of `names`, sorted, that MaxResults and NextToken ask for. A token, and so a further page, exists
 * only if MaxResults was asked for, as on AWS.
 * @throws InvalidParameterValue for MaxResults
 */
export function readPage(input: Input, names: string[]): { page: string[]; more: { NextToken?: string } } {
  const maxResults = input.integer('MaxResults');
  if (maxResults !== undefined && (maxResults < 1 || maxResults > MAX_RESULTS))
    throw invalidValue(maxResults, 'MaxResults', 'Must be between 1 and 1000.');
  const after = Buffer.from(input.string('NextToken') ?? '', 'base64').toString('utf8');
  const left = names.filter(name => name > after);
  const page = left.slice(0, maxResults ?? MAX_RESULTS);
  const last = page.at(-1);
  const hasMore = maxResults !== undefined && last !== undefined && page.length < left.length;
  return { page, more: hasMore ? { NextToken: Buffer.from(last).toString('base64') } : {} };
}
