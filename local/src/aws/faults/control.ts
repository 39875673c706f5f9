import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyTooLong, readBody } from '../http/body.ts';
import type { Faults } from './faults.ts';
import { BadFaultPlan, type FaultPlanInput } from './plan.ts';

const MAX_PLAN_BYTES = 1_048_576;

/**
 * `/__local/faults`: PUT sets a plan, DELETE ends it, GET tells what came of it so far (also the answer to
 * both others). A plan that is wrong gets a 400 with one line, and changes nothing.
 */
export function faultControl(faults: Faults) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = (status: number, body: object) => {
      response.statusCode = status;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    };
    switch (request.method) {
      case 'GET':
        break;
      case 'DELETE':
        faults.clear();
        break;
      case 'PUT': {
        // A form or a plain text is what a browser sends to strangers without asking them.
        if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
          return answer(415, { error: 'content-type must be application/json' });
        try {
          const body = await readBody(request, MAX_PLAN_BYTES);
          faults.set(JSON.parse(body.toString('utf8')) as FaultPlanInput);
        } catch (error) {
          if (error instanceof BodyTooLong) return answer(413, { error: error.message });
          if (error instanceof SyntaxError) return answer(400, { error: 'the plan is not JSON' });
          if (error instanceof BadFaultPlan) return answer(400, { error: error.message });
          throw error;
        }
        break;
      }
      default:
        response.setHeader('allow', 'GET, PUT, DELETE');
        return answer(405, { error: 'GET, PUT or DELETE' });
    }
    answer(200, faults.report() ?? { rules: [] });
  };
}
