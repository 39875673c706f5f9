import { queueOf, type Action } from './action.ts';
import { readPage } from './page.ts';

/** The one answer of SQS whose field begins with a small letter. */
export const listDeadLetterSourceQueues: Action = (context, input) => {
  const sources = context.engine.sourcesOf(queueOf(context, input).arn);
  const { page, more } = readPage(
    input,
    sources.map(({ name }) => name),
  );
  return { queueUrls: page.map(name => context.urls.of(name)), ...more };
};
