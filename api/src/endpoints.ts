import { auditEndpoints } from './audit/endpoints.ts';
import { compose } from './compose.ts';
import type { Endpoint } from './http/endpoint.ts';
import { sessionEndpoints, tokenEndpoints } from './identity/endpoints.ts';
import { operationEndpoints } from './operations/endpoints.ts';

/** Every endpoint of this server: the routes run them, the documentation lists them. */
export const operations = operationEndpoints(compose);
export const session = sessionEndpoints(compose);
export const tokens = tokenEndpoints(compose);
export const audit = auditEndpoints(compose);

export const endpoints: Endpoint[] = [operations, session, tokens, audit].flatMap(group =>
  Object.values<Endpoint>(group),
);
