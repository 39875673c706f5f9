import type { Action } from './action.ts';
import { readPage } from './page.ts';

export const listQueues: Action = (context, input) => {
  const names = context.engine.queues(input.string('QueueNamePrefix')).map(({ name }) => name);
  const { page, more } = readPage(input, names);
  return { ...(page.length > 0 && { QueueUrls: page.map(name => context.urls.of(name)) }), ...more };
};
