import { tokens } from '../../../src/endpoints.ts';
import { routes } from '../../../src/http/routes.ts';

export const { GET, POST } = routes({ GET: tokens.list, POST: tokens.create });
