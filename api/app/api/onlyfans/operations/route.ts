import { listOperations } from '@huntaze/core/lua';
import { check, operationRequest } from '@huntaze/core/operations';
import { acceptOperation, Draining, idempotencyOf, KeyTaken, NotAccepted } from '../../../../src/accept.ts';
import { refuseStranger } from '../../../../src/auth.ts';
import { readJson } from '../../../../src/body.ts';
import { compose } from '../../../../src/compose.ts';
import { describe, iso } from '../../../../src/describe.ts';
import { badRequest, problem, unavailable } from '../../../../src/problem.ts';
import { readPage } from '../../../../src/query.ts';

/** What an Idempotency-Key may be: printable ASCII, as the header allows it. */
const KEY = /^[!-~]{1,255}$/;

/** Takes one operation on. */
export async function POST(request: Request): Promise<Response> {
  const api = compose();
  const refusal = refuseStranger(request, api.env.API_TOKEN_SHA256);
  if (refusal) return refusal;
  const key = request.headers.get('idempotency-key');
  if (key !== null && !KEY.test(key))
    return badRequest([
      { field: 'Idempotency-Key', message: 'must be 1 to 255 printable characters without spaces' },
    ]);
  const body = await readJson(request);
  if ('refusal' in body) return body.refusal;
  const checked = check(operationRequest, body.value);
  if (!checked.ok) return badRequest(checked.faults);
  const idempotency = key === null ? undefined : idempotencyOf(key, api.env.API_TOKEN_SHA256, checked.value);
  try {
    const accepted = await acceptOperation(api, checked.value, idempotency, Date.now());
    return Response.json(
      {
        operation_id: accepted.operationId,
        state: accepted.state,
        ...(accepted.state === 'pending' && {
          position: accepted.position,
          expected_at: iso(accepted.expectedAt),
        }),
      },
      { status: 202, headers: { location: `/api/onlyfans/operations/${accepted.operationId}` } },
    );
  } catch (error) {
    if (error instanceof KeyTaken)
      return problem({ status: 422, title: 'Unprocessable Content', detail: error.message });
    if (error instanceof Draining) return problem({ status: 409, title: 'Conflict', detail: error.message });
    if (!(error instanceof NotAccepted)) throw error;
    console.error(JSON.stringify({ message: 'not accepted', error: String(error.cause) }));
    return unavailable(`not accepted: ${error.message}; try again`);
  }
}

/** The newest operations first: `?limit=` of them (50, at most 100), after the first `?offset=`. */
export async function GET(request: Request): Promise<Response> {
  const api = compose();
  const refusal = refuseStranger(request, api.env.API_TOKEN_SHA256);
  if (refusal) return refusal;
  const page = readPage(new URL(request.url).searchParams);
  if (!page.ok) return badRequest(page.faults);
  try {
    const records = await listOperations(api.redis, api.limit, page.value);
    return Response.json({ operations: records.map(describe) }, { headers: { 'cache-control': 'no-store' } });
  } catch (error) {
    console.error(JSON.stringify({ message: 'operations not read', error: String(error) }));
    return unavailable('the line can not be reached; try again');
  }
}
