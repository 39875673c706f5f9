import * as z from 'zod/mini';
import type { Answer } from './endpoint.ts';

/** Why something is done, for whoever asks later. */
export const reason = z.optional(z.string().check(z.minLength(1), z.maxLength(200)));
/** Only tell what it would do. */
export const dryRun = z._default(z.boolean(), false);

/** What an act would do, in sentences. */
export const effects = z.strictObject({ effect: z.array(z.string()) });

/** The answer to an act that is only tried. */
export function wouldDo(effect: string[]): Response {
  return Response.json({ effect } satisfies z.infer<typeof effects>);
}

/** How an act answers: as it is afterwards, or, where it was only tried, what it would do. */
export function actAnswer(description: string, schema: z.ZodMiniType): Answer {
  return {
    description: `${description}; with \`dry_run\`, what it would do`,
    schema: z.union([schema, effects]),
  };
}

/** "1 operation", "3 operations". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}
