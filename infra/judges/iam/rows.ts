import type { Answer, Context } from './simulate.ts';
import type { Installation, Role } from './installation.ts';

/**
 * `may`: must be allowed. `may not`: must be refused, because nobody allows it or because it is forbidden. `must not`:
 * must be forbidden, so that no further policy could allow it.
 */
type Verdict = 'may' | 'may not' | 'must not';

export function isAsItShouldBe(verdict: Verdict, result: Answer['result']): boolean {
  if (verdict === 'may not') return result !== 'allowed';
  return result === (verdict === 'may' ? 'allowed' : 'forbidden');
}

/** One call, or several of a kind, and what has to become of each. */
export interface Row {
  verdict: Verdict;
  actions: string[];
  resources: string[];
  context: Context;
  /** Made by a service of AWS in the role's name: not by its code, and not through the VPC. */
  byAws: boolean;
}

/** Who is judged. */
export interface Subject {
  who: string;
  role: Role;
  /** The one service that may assume the role; undefined where it is somebody in the account. */
  assumedBy?: string | undefined;
  /** What each call of its own code has. */
  calls?: Context;
  isInVpc: boolean;
  /** Where its code is, from the project's root. */
  code?: string[];
  /** What it needs though no client of AWS's is told so by name. */
  unseen?: string[];
  /** What it alone may of what nobody may: action and resource. */
  alone?: string[];
  rows: Row[];
}

function row(verdict: Verdict, action: string, resources: string | string[], context: Context): Row[] {
  const [service, names = ''] = action.split(':');
  const actions = names.split(' ').map(name => `${service}:${name}`);
  const all = [resources].flat();
  return all.length === 0 ? [] : [{ verdict, actions, resources: all, context, byAws: false }];
}

/** @param action of one service: `sqs:ReceiveMessage DeleteMessage` are two */
export const may = (action: string, resources: string | string[], context: Context = {}) =>
  row('may', action, resources, context);

export const mayNot = (action: string, resources: string | string[], context: Context = {}) =>
  row('may not', action, resources, context);

export const mustNot = (action: string, resources: string | string[], context: Context = {}) =>
  row('must not', action, resources, context);

export const inItsName = (those: Row[]): Row[] => those.map(one => ({ ...one, byAws: true }));

/** What KMS is told of a context that something is encrypted under. */
export function under(encryptionContext: Record<string, string>): Context {
  return {
    'kms:EncryptionContextKeys': Object.keys(encryptionContext),
    ...Object.fromEntries(
      Object.entries(encryptionContext).map(([key, value]) => [`kms:EncryptionContext:${key}`, value]),
    ),
  };
}

/** KMS, called by another service for somebody: with what it encrypts that service's things under. */
export function through(it: Installation, arn: string): Context {
  const [, , service = ''] = arn.split(':');
  const contexts: Record<string, Record<string, string>> = {
    sqs: { 'aws:sqs:arn': arn },
    // With a bucket key it is the bucket, not the object.
    s3: { 'aws:s3:arn': arn },
    secretsmanager: { SecretARN: arn, SecretVersionId: '11111111-2222-4333-8444-555555555555' },
  };
  return { ...viaService(it, service), ...under(contexts[service]!) };
}

export function viaService(it: Installation, service: string): Context {
  return { 'kms:ViaService': `${service}.${it.place.region}.amazonaws.com` };
}

export const PLAIN_HTTP: Context = { 'aws:SecureTransport': 'false' };

/** A row in one line. @param short what an ARN is called */
export function told(
  { verdict, actions, resources, context, byAws }: Row,
  short: (arn: string) => string,
): string {
  const conditions = Object.entries(context)
    .filter(([key]) => key !== 'kms:EncryptionContextKeys')
    .map(([key, value]) => `, ${key} ${short(String(value))}`);
  const [service] = actions[0]!.split(':');
  const names = actions.map(action => action.slice(action.indexOf(':') + 1)).join(' ');
  const who = byAws ? ' (AWS, in its name)' : '';
  return `${verdict}${who} ${service}:${names} ${resources.map(short).join(' ')}${conditions.join('')}`;
}
