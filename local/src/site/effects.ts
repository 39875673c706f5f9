import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EffectFault } from './faults.ts';
import { sendJson } from './http.ts';

/**
 * Lets a request take effect and answers it; or only one of the two, as the fault that strikes it says.
 * @param apply does it, is told the status that is answered (0: none), and returns what is answered if all is well
 */
export async function takeEffect(
  fault: EffectFault = { takesEffect: true, answer: 'usual' },
  request: IncomingMessage,
  response: ServerResponse,
  apply: (status: number) => unknown,
): Promise<void> {
  const { takesEffect, after, answer } = fault;
  await after;
  const status = answer === 'usual' ? 200 : typeof answer === 'object' ? answer.status : 0;
  const usual = takesEffect ? apply(status) : undefined;
  if (answer === 'cut') request.socket.destroy();
  if (answer === 'cut' || answer === 'silence') return;
  if (answer === 'usual') return sendJson(response, status, usual);
  if (answer.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', String(answer.retryAfterSeconds));
  sendJson(response, status, answer.body ?? { error: { message: 'Something went wrong' } });
}
