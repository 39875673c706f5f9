import * as z from 'zod/mini';

const state = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']);
const news = z.object({
  alarm: z.object({
    name: z.string(),
    state,
    before: state,
    value: z.optional(z.number()),
    threshold: z.number(),
    description: z.string(),
  }),
});

/**
 * What a person is told of an alarm, of a line that local AWS has written; undefined where there is nothing to tell:
 * that it is well from the beginning, for instance.
 */
export function alarmLine(line: string): string | undefined {
  if (!line.startsWith('{"alarm"')) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { success, data } = z.safeParse(news, parsed);
  if (!success) return undefined;
  const { name, state: now, before, value, threshold, description } = data.alarm;
  if (now === 'ALARM') {
    const measured = value === undefined ? 'nothing heard' : String(Math.round(value * 10) / 10);
    return `ALARM ${name} (${measured}, bound ${threshold}): ${description}`;
  }
  return before === 'ALARM' ? `alarm ${name} is over` : undefined;
}
