import { login } from '../../../../../../src/endpoints.ts';
import { routes } from '../../../../../../src/http/routes.ts';

export const { PUT } = routes({ PUT: login.replace });
