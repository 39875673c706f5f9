import { kinds } from '../../../../src/endpoints.ts';
import { routes } from '../../../../src/http/routes.ts';

export const { GET } = routes({ GET: kinds.list });
