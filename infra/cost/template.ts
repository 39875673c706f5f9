import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import type { Artefacts } from '../src/artefacts.ts';
import { readContext } from '../src/context.ts';
import { Pipeline } from '../src/pipeline.ts';

export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

export interface Template {
  Resources: Record<string, Resource>;
}

/** More resources than that CloudFormation takes in no stack. */
export const MOST_RESOURCES = 500;

const made = new Map<string, Template>();

/**
 * The template of an installation, made in this process, once: no account, no network, and nothing need be built, since what
 * is deployed costs the same whatever is in it.
 * @param context as `npm run synth` takes it after `-c`
 * @throws ContextError with one line, when it doesn't fit
 */
export function synthesize(context: Readonly<Record<string, string>>): Template {
  const key = JSON.stringify(context);
  const template = made.get(key) ?? make(context);
  made.set(key, template);
  return template;
}

function make(context: Readonly<Record<string, string>>): Template {
  const cdkJson = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as {
    context: Record<string, unknown>;
  };
  const folder = mkdtempSync(join(tmpdir(), 'huntaze-cost-'));
  try {
    const app = new App({
      context: { ...cdkJson.context, ...context, '@aws-cdk/core:stackResourceLimit': '0' },
      outdir: join(folder, 'out'),
    });
    const told = readContext(app.node.getAllContext() as Record<string, unknown>);
    const artefacts = emptyArtefacts(folder);
    const stack = new Pipeline(app, `huntaze-${told.stage}`, { context: told, artefacts });
    Validations.of(stack).acknowledge({
      id: 'CloudFormation-Validate::F0007',
      reason: 'An estimate for more creators than fit into one stack is one all the same, and says so.',
    });
    return app.synth().getStackByName(stack.stackName).template as Template;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In place of what `npm run build` makes. */
function emptyArtefacts(folder: string): Artefacts {
  const bundles = join(folder, 'bundle');
  const image = join(folder, 'image');
  mkdirSync(bundles);
  mkdirSync(image);
  const bundle = join(bundles, 'index.mjs');
  writeFileSync(bundle, 'export const handler = () => undefined;\n');
  writeFileSync(join(image, 'Dockerfile'), 'FROM scratch\n');
  return {
    limiter: bundle,
    standIn: bundle,
    rotateRedisAuth: bundle,
    rotateCredentials: bundle,
    resumeRotations: bundle,
    scraperImage: image,
    apiImage: image,
  };
}

/** The resources of a type, by their logical ids. */
export function resourcesOf(template: Template, type: string): [id: string, Resource][] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

/** A template without some of its resources. */
export function without(template: Template, ids: readonly string[]): Template {
  return {
    Resources: Object.fromEntries(Object.entries(template.Resources).filter(([id]) => !ids.includes(id))),
  };
}

/** A template with other properties of one resource. */
export function changed(template: Template, id: string, properties: Record<string, unknown>): Template {
  const resource = template.Resources[id]!;
  const Properties = { ...resource.Properties, ...properties };
  return { Resources: { ...template.Resources, [id]: { ...resource, Properties } } };
}

/** What a property at a path is; undefined where there is none. */
export function at(resource: Resource, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown> | undefined)?.[key],
    resource.Properties,
  );
}

/**
 * A number at a path of a resource's properties; CloudFormation has some of them as text.
 * @throws when there is none
 */
export function numberAt(resource: Resource, ...path: (string | number)[]): number {
  const found = at(resource, ...path);
  const number = typeof found === 'string' && found !== '' ? Number(found) : found;
  if (typeof number !== 'number' || Number.isNaN(number))
    throw new Error(`${resource.Type}: ${path.join('.')} is not a number: ${JSON.stringify(found)}`);
  return number;
}

/** The items of a list at a path; none where there is no such list. */
export function listAt(resource: Resource, ...path: (string | number)[]): unknown[] {
  const found = at(resource, ...path);
  return Array.isArray(found) ? found : [];
}

/** The logical id that a value refers to: `{Ref}` or `{Fn::GetAtt}`. */
export function refersTo(found: unknown): string | undefined {
  const value = found as { Ref?: string; 'Fn::GetAtt'?: [string, string] } | undefined;
  return value?.Ref ?? value?.['Fn::GetAtt']?.[0];
}
