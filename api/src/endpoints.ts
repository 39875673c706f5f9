import { alarmEndpoints } from './alarms/endpoints.ts';
import { auditEndpoints } from './audit/endpoints.ts';
import { changeEndpoints } from './changes/endpoints.ts';
import { compose } from './compose.ts';
import { creatorEndpoints } from './creators/endpoints.ts';
import { deadLetterEndpoints } from './dead-letters/endpoints.ts';
import { loginEndpoints } from './creators/login-endpoints.ts';
import type { Endpoint } from './http/endpoint.ts';
import { sessionEndpoints, tokenEndpoints } from './identity/endpoints.ts';
import { kindEndpoints } from './kinds/endpoints.ts';
import { limitEndpoints } from './limits/endpoints.ts';
import { operationEndpoints } from './operations/endpoints.ts';
import { repeatEndpoints } from './operations/repeat-endpoints.ts';
import { overviewEndpoints } from './overview/endpoints.ts';
import { historyEndpoints } from './overview/history.ts';
import { rebuildEndpoints } from './rebuild/endpoints.ts';
import { webhookEndpoints } from './webhooks/endpoints.ts';

/** Every endpoint of this server: the routes run them, the documentation lists them. */
export const operations = operationEndpoints(compose);
export const repeats = repeatEndpoints(compose);
export const creators = creatorEndpoints(compose);
export const login = loginEndpoints(compose);
export const deadLetters = deadLetterEndpoints(compose);
export const limits = limitEndpoints(compose);
export const overview = overviewEndpoints(compose);
export const history = historyEndpoints(compose);
export const changes = changeEndpoints(compose);
export const kinds = kindEndpoints(compose);
export const rebuild = rebuildEndpoints(compose);
export const session = sessionEndpoints(compose);
export const tokens = tokenEndpoints(compose);
export const webhook = webhookEndpoints(compose);
export const audit = auditEndpoints(compose);
export const alarms = alarmEndpoints(compose);

export const endpoints: Endpoint[] = [
  operations,
  repeats,
  creators,
  login,
  deadLetters,
  kinds,
  limits,
  overview,
  history,
  changes,
  rebuild,
  session,
  tokens,
  webhook,
  audit,
  alarms,
].flatMap(group => Object.values<Endpoint>(group));
