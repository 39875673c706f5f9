import * as z from 'zod/mini';
import type { Api } from '../compose.ts';
import { endpoint, forAll } from '../http/endpoint.ts';
import { unavailable } from '../http/problem.ts';
import { alarmStates } from './alarms.ts';

const alarm = z.strictObject({
  name: z.string(),
  description: z.string(),
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
  since: z.optional(z.iso.datetime()),
  reason: z.optional(z.string()),
  threshold: z.number(),
  comparison: z.string(),
  period_s: z.int(),
  periods: z.int(),
  metric: z.string(),
});

/** The endpoint under /api/alarms. */
export function alarmEndpoints(api: () => Api) {
  const list = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/alarms',
      tag: 'Alarms',
      summary: 'What is watched, and what isn’t as it should be',
      description:
        'The alarms, those of the requirements first; at most 5 s old, and looked at by CloudWatch once a minute. What a single machine can’t tell stays at INSUFFICIENT_DATA there, and its reason says why.',
      role: 'viewer',
      answers: {
        200: { description: 'The alarms', schema: z.strictObject({ alarms: z.array(alarm) }) },
      },
    },
    async ({ identity, now }) => {
      forAll(identity);
      const alarms = await alarmStates(api(), now).catch((error: unknown) => {
        throw unavailable('CloudWatch can’t be reached, which has the alarms; try again', error);
      });
      return Response.json({ alarms });
    },
  );
  return { list };
}
