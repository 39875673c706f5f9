import { isSafeId } from '@huntaze/core/ids';
import { readOperation } from '@huntaze/core/lua';
import { refuseStranger } from '../../../../../src/auth.ts';
import { compose } from '../../../../../src/compose.ts';
import { describe } from '../../../../../src/describe.ts';
import { problem, unavailable } from '../../../../../src/problem.ts';

/** One operation: its state, and while it waits its position and when its turn is expected. */
export async function GET(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  const api = compose();
  const refusal = refuseStranger(request, api.env.API_TOKEN_SHA256);
  if (refusal) return refusal;
  const { id } = await context.params;
  let record: Awaited<ReturnType<typeof readOperation>>;
  try {
    record = isSafeId(id) ? await readOperation(api.redis, api.limit, id) : undefined;
  } catch (error) {
    console.error(JSON.stringify({ message: 'operation not read', error: String(error) }));
    return unavailable('the line can not be reached; try again');
  }
  if (!record) return problem({ status: 404, title: 'Not Found', detail: 'there is no such operation' });
  return Response.json(describe(record), { headers: { 'cache-control': 'no-store' } });
}
