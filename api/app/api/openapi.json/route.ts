import { endpoints } from '../../../src/endpoints.ts';
import { openApi } from '../../../src/http/openapi.ts';

/** The description of this API, for machines; /docs is the same for people. No token: nothing in it is a secret. */
export const dynamic = 'force-static';

export function GET(): Response {
  return Response.json(openApi(endpoints));
}
