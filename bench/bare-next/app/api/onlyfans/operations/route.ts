import { check, operationRequest } from '@huntaze/core/operations';

/** What any API on Next.js has to do at least: read the same body, check it by the same schema, and answer. */
export async function POST(request: Request): Promise<Response> {
  const checked = check(operationRequest, await request.json());
  if (!checked.ok) return Response.json({ errors: checked.faults }, { status: 400 });
  return Response.json({ accepted: true }, { status: 202 });
}
