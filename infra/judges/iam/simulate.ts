import { runSimulation, type Simulation, type StatementExplain } from '@cloud-copilot/iam-simulate';
import type { Policy, Statement } from './policies.ts';

/** Condition keys, and what they are in one request. */
export type Context = Record<string, string | string[]>;

export interface Request {
  /** An ARN, or the name of a service of AWS. */
  principal: string;
  /** What is attached to the principal. */
  policies: Policy[];
  action: string;
  resource: string;
  /** The account that the resource is in. */
  owner: string;
  context: Context;
  /** What is attached to the resource. */
  resourcePolicy?: Policy | undefined;
  /** What is attached to the VPC endpoint on the way. */
  endpointPolicy?: Policy | undefined;
}

/** Part of a statement that allowed a request. */
interface Use {
  statement: Statement;
  action: string;
  resource: string;
}

/**
 * Allowed; or `nobody allows it`, which somebody could still do by another policy; or `forbidden`, whatever others
 * allow.
 */
export interface Answer {
  result: 'allowed' | 'nobody allows it' | 'forbidden';
  uses: Use[];
}

/**
 * Every key with this prefix is one of KMS's, but the simulator (0.1.173) knows keys with a part of one's own only
 * where a slash is before it, and would leave them out of the request. Another key of the same type (one text) that
 * no policy here has takes their place, in policies and requests alike: nothing else depends on a key's name.
 */
const [ENCRYPTION_CONTEXT, STANDS_IN] = ['kms:EncryptionContext:', 'aws:RequestTag/kms:EncryptionContext:'];

function renamed<T>(keys: Record<string, T>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(keys).map(([key, value]) => [
      key.startsWith(ENCRYPTION_CONTEXT) ? STANDS_IN + key.slice(ENCRYPTION_CONTEXT.length) : key,
      value,
    ]),
  );
}

function simulated({ Version, Statement }: Policy): Policy {
  return {
    Version,
    Statement: Statement.map(({ Condition, ...rest }) =>
      Condition === undefined
        ? rest
        : {
            ...rest,
            Condition: Object.fromEntries(
              Object.entries(Condition).map(([operator, keys]) => [operator, renamed(keys)]),
            ),
          },
    ),
  };
}

/** The simulator leaves the principals of an endpoint's policy out of account: it must be for everybody. */
function ofEndpoint(policy: Policy): Policy {
  const isAnybody = (principal: unknown) =>
    principal === '*' || JSON.stringify(principal) === JSON.stringify({ AWS: '*' });
  for (const statement of policy.Statement)
    if (!isAnybody(statement.Principal))
      throw new Error(`an endpoint for somebody: ${JSON.stringify(statement)}`);
  return {
    ...policy,
    Statement: policy.Statement.map(statement => ({ ...statement, Principal: '*' })),
  };
}

const RESULTS = {
  Allowed: 'allowed',
  ImplicitlyDenied: 'nobody allows it',
  ExplicitlyDenied: 'forbidden',
} as const;

/**
 * Asks what IAM would answer.
 * @throws where the request makes no sense (no such action, no such resource for it, a key that isn't in such
 *   requests), so that it can't be denied for that
 */
export async function ask(request: Request): Promise<Answer> {
  const { principal, policies, action, resource, owner, context, resourcePolicy, endpointPolicy } = request;
  const simulation: Simulation = {
    request: {
      principal,
      action,
      resource: { resource, accountId: owner },
      contextVariables: renamed(context),
    },
    identityPolicies: policies.map((policy, index) => ({ name: String(index), policy: simulated(policy) })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: resourcePolicy && simulated(resourcePolicy),
    ...(endpointPolicy && {
      vpcEndpointPolicies: [{ name: 'endpoint', policy: simulated(ofEndpoint(endpointPolicy)) }],
    }),
  };
  const answer = await runSimulation(simulation, {});
  const about = `${principal} ${action} ${resource}`;
  if (answer.resultType === 'error') throw new Error(`${about}: ${JSON.stringify(answer.errors)}`);
  if (answer.resultType === 'wildcard') throw new Error(`${about}: ask for one resource`);
  const { analysis, ignoredContextKeys = [] } = answer.result;
  if (ignoredContextKeys.length > 0)
    throw new Error(`${about}: no such request has ${ignoredContextKeys.join(', ')}`);
  const { identityAnalysis, resourceAnalysis } = analysis;
  return {
    result: RESULTS[answer.overallResult],
    uses: [
      ...(identityAnalysis?.allowStatements ?? []).map(({ policyId, statement, explain }) =>
        used(policies[Number(policyId)]!.Statement[statement.index() - 1]!, explain),
      ),
      ...(resourceAnalysis?.allowStatements ?? []).map(({ statement, explain }) =>
        used(resourcePolicy!.Statement[statement.index() - 1]!, explain),
      ),
    ].flat(),
  };
}

/** Which of its actions and resources it was that allowed. */
function used(statement: Statement, { actions, resources }: StatementExplain): Use[] {
  const matching = <T extends { matches: boolean }>(explained: T | T[] | undefined) =>
    [explained ?? []].flat().filter(({ matches }) => matches);
  return matching(actions).flatMap(({ action }) =>
    matching(resources).map(({ resource }) => ({ statement, action, resource })),
  );
}
