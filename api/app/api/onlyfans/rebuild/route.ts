import { rebuild } from '../../../../src/endpoints.ts';
import { routes } from '../../../../src/http/routes.ts';

export const { POST } = routes({ POST: rebuild.rebuild });
