import { compose } from '../../../src/compose.ts';
import { problemResponse, unavailable } from '../../../src/http/problem.ts';

export const dynamic = 'force-dynamic';

/** Healthy when operations could be accepted: Redis answers. For load balancers and the supervisor; no token. */
export async function GET(): Promise<Response> {
  try {
    await compose().redis.eval('return 1', 0);
  } catch {
    return problemResponse(unavailable('Redis does not answer').problem);
  }
  return Response.json({ status: 'ok' }, { headers: { 'cache-control': 'no-store' } });
}
