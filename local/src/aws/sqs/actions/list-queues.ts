import { invalidValue } from '../errors.ts';
import type { Action } from './action.ts';

/** Up to 1,000 names. A token, and so a further page, exists only if MaxResults was asked for, as on AWS. */
export const listQueues: Action = (context, input) => {
  const maxResults = input.integer('MaxResults');
  if (maxResults !== undefined && (maxResults < 1 || maxResults > 1_000))
    throw invalidValue(maxResults, 'MaxResults', 'Must be between 1 and 1000.');
  const after = Buffer.from(input.string('NextToken') ?? '', 'base64').toString('utf8');
  const names = context.engine
    .queues(input.string('QueueNamePrefix'))
    .map(queue => queue.name)
    .filter(name => name > after);
  const page = names.slice(0, maxResults ?? 1_000);
  const last = page.at(-1);
  return {
    ...(page.length > 0 && { QueueUrls: page.map(name => context.urls.of(name)) }),
    ...(maxResults !== undefined &&
      last !== undefined &&
      page.length < names.length && { NextToken: Buffer.from(last).toString('base64') }),
  };
};
