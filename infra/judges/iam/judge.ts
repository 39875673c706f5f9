import { attachedTo } from './attached.ts';
import type { Installation } from './installation.ts';
import type { Policy, Statement } from './policies.ts';
import type { Row, Subject } from './rows.ts';
import { ask, type Answer, type Context, type Request } from './simulate.ts';

/** As an administrator has it. */
export const EVERYTHING: Policy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }],
};

/** What an ordinary request of this account has, unless said. */
export function ordinary(it: Installation, action: string): Context {
  return {
    'aws:PrincipalAccount': it.place.account,
    'aws:SecureTransport': 'true',
    ...(action.startsWith('s3:') && { 's3:TlsVersion': '1.3' }),
  };
}

/** Buckets have no account in their ARNs. */
const ownerOf = (it: Installation, arn: string) => arn.split(':')[4] || it.place.account;

/** What becomes of one call of a row. */
export interface Judged extends Answer {
  action: string;
  resource: string;
}

/**
 * What becomes of each call of a row.
 * @param also what the subject may besides
 * @param endpointPolicy of the endpoint that the calls go through
 */
export function judge(
  it: Installation,
  { role, calls }: Subject,
  { actions, resources, context, byAws }: Row,
  { also = [], endpointPolicy }: { also?: Policy[]; endpointPolicy?: Policy | undefined } = {},
): Promise<Judged[]> {
  const policies = [...role.policies(), ...also];
  return Promise.all(
    actions.flatMap(action =>
      resources.map(async resource => {
        const request: Request = {
          principal: role.arn,
          policies,
          action,
          resource,
          owner: ownerOf(it, resource),
          context: { ...ordinary(it, action), ...(byAws ? {} : calls), ...context },
          resourcePolicy: attachedTo(it, resource),
          endpointPolicy,
        };
        return { action, resource, ...(await ask(request)) };
      }),
    ),
  );
}

/** What becomes of each call of a row that a service of AWS makes by itself. */
export function judgeService(
  it: Installation,
  principal: string,
  { actions, resources, context }: Row,
): Promise<Judged[]> {
  return Promise.all(
    actions.flatMap(action =>
      resources.map(async resource => {
        const request: Request = {
          principal,
          policies: [],
          action,
          resource,
          owner: ownerOf(it, resource),
          context: {
            'aws:PrincipalIsAWSService': 'true',
            'aws:PrincipalServiceName': principal,
            'aws:SecureTransport': 'true',
            ...context,
          },
          resourcePolicy: attachedTo(it, resource),
        };
        return { action, resource, ...(await ask(request)) };
      }),
    ),
  );
}

/**
 * Everything that these policies allow and none of the answers has used.
 * @param policies the very ones of which the answers tell
 */
export function unused(policies: Policy[], answers: Answer[]): string[] {
  const used = answers.flatMap(({ result, uses }) => (result === 'allowed' ? uses : []));
  const isUsed = (statement: Statement, action: string, resource: string) =>
    used.some(use => use.statement === statement && use.action === action && use.resource === resource);
  return policies
    .flatMap(({ Statement }) => Statement)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(statement =>
      statement.Action.flatMap(action =>
        statement.Resource.filter(resource => !isUsed(statement, action, resource)).map(
          resource => `${statement.Sid ?? JSON.stringify(statement.Principal)}: ${action} on ${resource}`,
        ),
      ),
    );
}
