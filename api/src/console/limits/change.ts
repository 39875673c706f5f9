import type { Limits, LimitValues } from '../types.ts';

/** The limits that are one number, as people call them. */
export const NUMBERS = [
  { name: 'limit', label: 'Operations in a window', least: 1 },
  { name: 'window_s', label: 'Window (s)', least: 1 },
  { name: 'most_unfinished', label: 'Let through and not ended, at most', least: 1 },
  { name: 'most_waiting', label: 'In line, at most', least: 1 },
  { name: 'most_waiting_of_creator', label: 'In line of one creator, at most', least: 1 },
] as const satisfies { name: keyof LimitValues; label: string; least: number }[];

/** A change of limits as PUT takes it: what isn't in it stays, null is again as the environment has it. */
export type Change = Partial<{ [K in keyof LimitValues]: LimitValues[K] | null }>;

/** What somebody has typed: of each number its text, empty for "as the environment has it"; of each kind its weight. */
export interface Typed {
  numbers: Record<string, string>;
  weights: Record<string, string>;
}

/** What the fields say before anything is typed. Only what an operator has set is in them. */
export function typedOf({ set, in_force }: Limits): Typed {
  const weights = set.weights ?? {};
  return {
    numbers: Object.fromEntries(
      NUMBERS.map(({ name }) => [name, set[name] == null ? '' : String(set[name])]),
    ),
    weights: Object.fromEntries(
      Object.keys(in_force.weights).map(kind => [
        kind,
        weights[kind] === undefined ? '' : String(weights[kind]),
      ]),
    ),
  };
}

/** Only what differs from what is set: whoever changes one thing doesn't repeat the others. */
export function changeOf(limits: Limits, typed: Typed): Change {
  const before = typedOf(limits);
  const change: Change = {};
  for (const { name } of NUMBERS) {
    const text = typed.numbers[name]?.trim() ?? '';
    if (text !== before.numbers[name]) change[name] = text === '' ? null : Number(text);
  }
  const differs = Object.entries(typed.weights).some(([kind, text]) => text.trim() !== before.weights[kind]);
  if (differs) {
    const weights = Object.entries(typed.weights).flatMap(([kind, text]) =>
      text.trim() === '' ? [] : [[kind, Number(text)] as const],
    );
    change.weights = weights.length === 0 ? null : Object.fromEntries(weights);
  }
  return change;
}
