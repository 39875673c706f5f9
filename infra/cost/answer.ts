import { StartError } from '@huntaze/local/supervisor/errors';
import { ContextError } from '../src/context.ts';
import type { CostArguments } from './arguments.ts';
import { choices } from './choices.ts';
import { estimate } from './estimate.ts';
import { installationOf } from './installation.ts';
import type { Answer } from './print.ts';
import { synthesize, type Template } from './template.ts';

const DAY_S = 86_400;

/** How many operations the site’s limit lets through in a day. */
export function mostPerDay(template: Template, creators: number): number {
  const { tokens, windowS, isEach } = installationOf(template).limit;
  return Math.floor((tokens * DAY_S * (isEach ? creators : 1)) / windowS);
}

/**
 * Synthesizes the installation, and estimates it and its variants.
 * @throws StartError with one line, when the context doesn't fit, or more is asked for than the site allows
 */
export function answerTo({ context, question }: Pick<CostArguments, 'context' | 'question'>): Answer {
  try {
    const template = synthesize(context);
    const most = mostPerDay(template, question.creators);
    const { tokens, windowS } = installationOf(template).limit;
    if (question.operationsPerDay > most)
      throw new StartError(
        `--operations-per-day must be ${most} at most: the site takes ${tokens} in ${windowS} s, and what is more would wait for ever, not cost more`,
      );
    return {
      stage: context['stage'] ?? 'prod',
      question,
      estimate: estimate(template, question),
      choices: choices(context, template, question),
      resources: Object.keys(template.Resources).length,
    };
  } catch (error) {
    if (error instanceof ContextError) throw new StartError(error.message);
    throw error;
  }
}
