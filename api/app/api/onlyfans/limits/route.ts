import { limits } from '../../../../src/endpoints.ts';
import { routes } from '../../../../src/http/routes.ts';

export const { GET, PUT } = routes({ GET: limits.read, PUT: limits.change });
