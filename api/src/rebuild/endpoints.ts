import * as z from 'zod/mini';
import { recorded } from '../audit/audit.ts';
import type { Api } from '../compose.ts';
import { actAnswer, counted, dryRun, reason, wouldDo } from '../http/acts.ts';
import { endpoint, forAll, type Endpoint } from '../http/endpoint.ts';
import { REBUILT_DAYS, rebuildPage } from './rebuild.ts';

const body = z.strictObject({
  cursor: z.optional(
    z.string().check(z.regex(/^results\/[\w.@/-]{1,300}$/, 'must be the `next` of the page before')),
  ),
  reason,
  dry_run: dryRun,
});

const rebuilt = z.strictObject({
  seen: z.int(),
  restored: z.int(),
  /** Results that can't be read as such. */
  unreadable: z.int(),
  next: z.optional(z.string()),
});

/** POST /api/onlyfans/rebuild. */
export function rebuildEndpoints(api: () => Api) {
  const rebuild = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/onlyfans/rebuild',
      tag: 'Rebuilding',
      summary: 'Make known again what Redis has lost of the operations that have ended',
      description: `From the results of the last ${REBUILT_DAYS} days, a page at a time: \`next\` is the cursor of the page after it. What is known stays as it is; nothing is done again. What waits comes back by itself, as its messages come: after 15 minutes at the latest. Not from results, and so not again: what was cancelled or has expired, how an unknown outcome was settled, who repeats whom, and idempotency keys.`,
      role: 'operator',
      body,
      answers: { 200: actAnswer('What became of the page', rebuilt) },
    },
    async ({ identity, body: { cursor, reason: why, dry_run }, now }) => {
      forAll(identity);
      if (dry_run) {
        const { seen, restored, next } = await rebuildPage(api(), cursor, now, { dryRun: true });
        const more = next === undefined ? [] : ['there are more pages'];
        return wouldDo([
          `${counted(restored, 'operation')} of ${counted(seen, 'result')} would be known again`,
          ...more,
        ]);
      }
      const about = {
        token_id: identity.tokenId,
        action: 'projection.rebuild',
        on: `results after ${cursor ?? 'the beginning'}${why === undefined ? '' : ` (${why})`}`,
      };
      const page = await recorded(api(), about, now, async () => {
        const { next, ...counts } = await rebuildPage(api(), cursor, now, { dryRun: false });
        return { ...counts, ...(next !== undefined && { next }) };
      });
      return Response.json(page);
    },
  );
  return { rebuild } satisfies Record<string, Endpoint>;
}
