import { operations } from '../../../../src/endpoints.ts';
import { routes } from '../../../../src/http/routes.ts';

export const { GET, POST } = routes({ GET: operations.list, POST: operations.create });
