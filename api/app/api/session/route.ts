import { session } from '../../../src/endpoints.ts';
import { routes } from '../../../src/http/routes.ts';

export const { GET, POST, DELETE } = routes({
  GET: session.read,
  POST: session.begin,
  DELETE: session.end,
});
