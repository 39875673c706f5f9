import { tokens } from '../../../../src/endpoints.ts';
import { routes } from '../../../../src/http/routes.ts';

export const { DELETE } = routes({ DELETE: tokens.revoke });
