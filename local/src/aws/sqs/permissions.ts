import { invalidValue, tooManyPermissions } from './errors.ts';

/** The most actions one statement of a queue's policy may have. */
const MAX_ACTIONS = 7;

type Statement = Record<string, unknown>;

interface Policy {
  Version: string;
  Id: string;
  Statement: Statement[];
}

/**
 * Whether `value` is a policy as far as its form goes: an object with statements, each of which allows or
 * denies. What they say is neither checked nor enforced here.
 */
export function isPolicy(value: string): boolean {
  const { Version, Id, Statement } = parsed(value) ?? {};
  const statements: unknown[] = [Statement].flat();
  return isTextOrMissing(Version) && isTextOrMissing(Id) && statements.every(isStatement);
}

/**
 * A queue's policy with one more statement, which allows `actions` to accounts. Nothing here enforces it.
 * @throws InvalidParameterValue for a label that is bad or taken, OverLimit
 */
export function withPermission(
  policy: string | undefined,
  permission: { label: string; accounts: string[]; actions: string[]; queueArn: string },
): string {
  const { label, accounts, actions, queueArn } = permission;
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(label))
    throw invalidValue(
      label,
      'Label',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.',
    );
  if (actions.length > MAX_ACTIONS) throw tooManyPermissions(actions.length, MAX_ACTIONS);
  const { Statement, ...rest } = read(policy, queueArn);
  if (Statement.some(({ Sid }) => Sid === label)) throw invalidValue(label, 'Label', 'Already exists.');
  const principals = accounts.map(account => `arn:aws:iam::${account}:root`);
  const statement = {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: oneOrMany(principals) },
    Action: oneOrMany(actions.map(action => `SQS:${action}`)),
    Resource: queueArn,
  };
  return JSON.stringify({ ...rest, Statement: [...Statement, statement] });
}

/**
 * A queue's policy without the statement called `label`; empty if no other is left.
 * @throws InvalidParameterValue if there is none of that label
 */
export function withoutPermission(policy: string | undefined, label: string, queueArn: string): string {
  const { Statement, ...rest } = read(policy, queueArn);
  const left = Statement.filter(({ Sid }) => Sid !== label);
  if (left.length === Statement.length) throw invalidValue(label, 'Label', "can't find label.");
  return left.length === 0 ? '' : JSON.stringify({ ...rest, Statement: left });
}

/** What of a policy {@link isPolicy} lets pass: of one that a state file brings along nothing else is known. */
function read(policy: string | undefined, queueArn: string): Policy {
  const made = { Version: '2008-10-17', Id: `${queueArn}/SQSDefaultPolicy` };
  const { Version, Id, Statement, ...rest } = parsed(policy ?? '') ?? {};
  const statements: unknown[] = [Statement].flat();
  return {
    Version: typeof Version === 'string' ? Version : made.Version,
    Id: typeof Id === 'string' ? Id : made.Id,
    ...rest,
    Statement: statements.filter(isStatement),
  };
}

function isStatement(value: unknown): value is Statement {
  return (
    isObject(value) &&
    isTextOrMissing(value['Sid']) &&
    (value['Effect'] === 'Allow' || value['Effect'] === 'Deny')
  );
}

function isTextOrMissing(field: unknown): boolean {
  return field === undefined || typeof field === 'string';
}

function parsed(policy: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(policy);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // No JSON: no policy either.
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function oneOrMany(values: string[]): string | string[] {
  return values.length === 1 ? (values[0] ?? '') : values;
}
