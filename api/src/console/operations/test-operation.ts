import type { Operation } from '../types.ts';

/** An operation of ada, asked for so many seconds into the day. */
export function operation(
  id: string,
  { second = 0, ...rest }: Partial<Operation> & { second?: number } = {},
): Operation {
  return {
    operation_id: id,
    creator_id: 'ada',
    kind: 'profile.scrape',
    state: 'pending',
    receives: 0,
    attempts: 0,
    failures: 0,
    at: { pending: at(second) },
    ...rest,
  };
}

/** So many seconds into the day, as the API says it. */
export const at = (s: number) => new Date(Date.UTC(2026, 11, 1) + s * 1_000).toISOString();
