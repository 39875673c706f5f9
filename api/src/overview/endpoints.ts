import type { Api } from '../compose.ts';
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import { shownOverview } from './describe.ts';
import { overview } from './overview.ts';

/** GET /api/onlyfans/overview. */
export function overviewEndpoints(api: () => Api) {
  const read = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/onlyfans/overview',
      tag: 'Overview',
      summary:
        'How everything stands: one sentence, the flow, the limiter, creators, and what waits for a person',
      role: 'viewer',
      answers: { 200: { description: 'How everything stands', schema: shownOverview } },
    },
    async ({ identity, now }) => Response.json(await overview(api(), identity, now)),
  );
  return { read } satisfies Record<string, Endpoint>;
}
