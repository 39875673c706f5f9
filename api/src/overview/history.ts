import { readHistory } from '@huntaze/core/lua';
import { wholeNumber } from '@huntaze/core/env';
import * as z from 'zod/mini';
import type { Api } from '../compose.ts';
import { endpoint, forAll, type Endpoint } from '../http/endpoint.ts';
import { fromLine } from '../http/from-line.ts';
import { iso } from '../operations/describe.ts';

const shownMinute = z.strictObject({
  at: z.iso.datetime(),
  /** Answered by the site; let through by the line; ended well; ended in any other way. */
  navigations: z.int(),
  released: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  /** How many waited when the minute began; absent: nobody counted. */
  waiting: z.optional(z.int()),
  /** Of those that ended in it, on average: from being accepted to the first attempt, and from then to the end (ms). */
  waited_ms: z.optional(z.int()),
  duration_ms: z.optional(z.int()),
});
export type ShownMinute = z.infer<typeof shownMinute>;

/**
 * What happened in each of the last minutes, the oldest first; the last one still runs.
 * @param minutes up to a day
 * @throws Refusal 503
 */
export async function history(
  { redis }: Pick<Api, 'redis'>,
  minutes: number,
  now: number,
): Promise<ShownMinute[]> {
  const found = await fromLine(readHistory(redis, minutes, now));
  return found.map(({ at, navigations, released, succeeded, failed, waiting, waitedMs, tookMs }) => {
    const ended = succeeded + failed;
    return {
      at: iso(at),
      navigations,
      released,
      succeeded,
      failed,
      ...(waiting !== undefined && { waiting }),
      ...(ended > 0 && { waited_ms: Math.round(waitedMs / ended), duration_ms: Math.round(tookMs / ended) }),
    };
  });
}

/** GET /api/onlyfans/history. */
export function historyEndpoints(api: () => Api) {
  const read = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/onlyfans/history',
      tag: 'Overview',
      summary: 'What happened in each minute, for pictures',
      role: 'viewer',
      query: z.strictObject({ minutes: z._default(wholeNumber(1, 1_440), 60) }),
      answers: {
        200: {
          description: 'The minutes, the oldest first; the last one still runs',
          schema: z.strictObject({ minutes: z.array(shownMinute) }),
        },
      },
    },
    async ({ identity, query, now }) => {
      forAll(identity);
      return Response.json({ minutes: await history(api(), query.minutes, now) });
    },
  );
  return { read } satisfies Record<string, Endpoint>;
}
