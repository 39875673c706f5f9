import { check, operationRequest } from '@huntaze/core/operations';
import { acceptOperation, NotAccepted } from '../../../../src/accept.ts';
import { refuseStranger } from '../../../../src/auth.ts';
import { readJson } from '../../../../src/body.ts';
import { compose } from '../../../../src/compose.ts';
import { iso } from '../../../../src/describe.ts';
import { problem, unavailable } from '../../../../src/problem.ts';

/** Takes one operation on. */
export async function POST(request: Request): Promise<Response> {
  const api = compose();
  const refusal = refuseStranger(request, api.env.API_TOKEN_SHA256);
  if (refusal) return refusal;
  const body = await readJson(request);
  if ('refusal' in body) return body.refusal;
  const checked = check(operationRequest, body.value);
  if (!checked.ok)
    return problem({
      status: 400,
      title: 'Bad Request',
      detail: checked.faults.map(fault => `${fault.field} ${fault.message}`).join('; '),
      errors: checked.faults,
    });
  try {
    const accepted = await acceptOperation(api, checked.value, Date.now());
    return Response.json(
      {
        operation_id: accepted.operationId,
        state: 'pending',
        position: accepted.position,
        expected_at: iso(accepted.expectedAt),
      },
      { status: 202, headers: { location: `/api/onlyfans/operations/${accepted.operationId}` } },
    );
  } catch (error) {
    if (!(error instanceof NotAccepted)) throw error;
    console.error(JSON.stringify({ message: 'not accepted', error: String(error.cause) }));
    return unavailable(`not accepted: ${error.message}; try again`);
  }
}
