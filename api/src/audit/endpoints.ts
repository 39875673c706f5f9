import * as z from 'zod/mini';
import type { Api } from '../compose.ts';
import { endpoint, forAll, type Endpoint } from '../http/endpoint.ts';
import { unavailable } from '../http/problem.ts';
import { auditEntry, MOST_SHOWN, readAudit } from './audit.ts';

/** The endpoints under /api/audit. */
export function auditEndpoints(api: () => Api) {
  const list = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/audit',
      tag: 'Record of actions',
      summary: 'Who did what, the newest first',
      description: `Of one day (UTC), at most ${MOST_SHOWN}.`,
      role: 'operator',
      query: z.strictObject({ day: z.optional(z.iso.date('must be a date like 2026-01-31')) }),
      answers: {
        200: { description: 'What was done', schema: z.strictObject({ actions: z.array(auditEntry) }) },
      },
    },
    async ({ identity, query, now }) => {
      forAll(identity);
      const day = query.day ?? new Date(now).toISOString().slice(0, 10);
      const actions = await readAudit(api(), day).catch((error: unknown) => {
        throw unavailable('the record can not be reached; try again', error);
      });
      return Response.json({ actions });
    },
  );
  return { list } satisfies Record<string, Endpoint>;
}
