type Json = Record<string, unknown>;

/** A statement, its lists always lists. */
export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action: string[];
  Resource: string[];
  Principal?: unknown;
  Condition?: Record<string, Json>;
}

export interface Policy {
  Version: string;
  Statement: Statement[];
}

const listOf = (value: unknown) => (Array.isArray(value) ? value : [value]) as string[];
const KNOWN = new Set(['Sid', 'Effect', 'Action', 'Resource', 'Principal', 'Condition']);

/**
 * A policy's document, everything in it resolved.
 * @param about what a policy is about that names no resource, as those that say who may assume a role
 * @throws for a statement that says what it does not mean (`NotAction` and the like): nothing here needs one
 */
export function policyOf(document: unknown, about?: string): Policy {
  const { Version, Statement } = document as { Version: string; Statement: Json | Json[] };
  return {
    Version,
    Statement: (Array.isArray(Statement) ? Statement : [Statement]).map(statement => {
      const unknown = Object.keys(statement).find(element => !KNOWN.has(element));
      if (unknown !== undefined) throw new Error(`${unknown} in a policy: ${JSON.stringify(statement)}`);
      return {
        ...(statement as unknown as Statement),
        Action: listOf(statement['Action']),
        Resource: listOf(statement['Resource'] ?? about),
      };
    }),
  };
}

/** Several documents about one resource count as one. */
export function together(policies: Policy[]): Policy | undefined {
  if (policies.length === 0) return undefined;
  return { Version: policies[0]!.Version, Statement: policies.flatMap(({ Statement }) => Statement) };
}

/** The policy of a key that was made elsewhere, as AWS gives it to every key: its account's IAM decides. */
export function ordinaryKeyPolicy(partition: string, account: string): Policy {
  const Principal = { AWS: `arn:${partition}:iam::${account}:root` };
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: ['kms:*'], Resource: ['*'] }],
  };
}
