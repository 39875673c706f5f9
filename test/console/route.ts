import { paramsOf } from '../../api/src/console/in-process.ts';
import { endpoints } from './endpoints.ts';

/** The one route of the copy: whatever endpoint has the path. */
async function handle(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  for (const endpoint of endpoints) {
    const params =
      endpoint.about.method === request.method ? paramsOf(endpoint.about.path, pathname) : undefined;
    if (params) return endpoint.handle(request, params);
  }
  return Response.json(
    { title: 'Not Found', status: 404, detail: `there is no ${pathname}` },
    { status: 404 },
  );
}
/** @public the copy's route is made of these */
export const GET = handle;
/** @public */
export const POST = handle;
/** @public */
export const PUT = handle;
/** @public */
export const DELETE = handle;
