import { webhook } from '../../../src/endpoints.ts';
import { routes } from '../../../src/http/routes.ts';

export const { GET, PUT, DELETE } = routes({ GET: webhook.read, PUT: webhook.set, DELETE: webhook.end });
