import { Template as Assertions } from 'aws-cdk-lib/assertions';
import { expect } from 'vitest';
import { API_CONTEXT, resources, templateOf, type Template } from '../synthesized.ts';

export type Json = Record<string, unknown>;

const CREATORS = { creators: 'ada,bea' };

/** Both stages with everything in them: their names and templates. */
export const STAGES: [string, Template][] = [
  ['prod', templateOf({ ...API_CONTEXT, ...CREATORS })],
  ['dev', templateOf({ stage: 'dev', createTopic: 'true', ...API_CONTEXT, ...CREATORS })],
];

/** Questions to a template. */
export function lookAt(template: Template) {
  const all = (type: string) => resources(template, type).map(([, resource]) => resource.Properties!);
  const idOf = (type: string, fits: (properties: Json) => boolean) => {
    const found = resources(template, type).filter(([, { Properties }]) => fits(Properties ?? {}));
    expect(found).toHaveLength(1);
    return found[0]![0];
  };
  return {
    has: Assertions.fromJSON(template),
    /** The properties of all resources of a type. */
    all,
    /** The one resource of the type that fits. */
    idOf,
    queue: (name: string) => idOf('AWS::SQS::Queue', ({ QueueName }) => QueueName === name),
    container: (name: string) =>
      all('AWS::ECS::TaskDefinition')
        .flatMap(({ ContainerDefinitions }) => ContainerDefinitions as Json[])
        .find(({ Name }) => Name === name)!,
    service: (id: RegExp) =>
      resources(template, 'AWS::ECS::Service').find(([name]) => id.test(name))![1].Properties!,
  };
}

export const attribute = (id: string, name: string) => ({ 'Fn::GetAtt': [id, name] });

export function variablesOf(container: Json): Json {
  return Object.fromEntries(
    (container['Environment'] as { Name: string; Value: unknown }[]).map(({ Name, Value }) => [Name, Value]),
  );
}

/** Values that AWS fills in, as what they will be like. */
export function parsable(variables: Json): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      const queue = 'https://sqs.eu-west-1.amazonaws.com/111122223333/queue';
      if (name.endsWith('_URLS')) return [name, `${queue},${queue}`];
      return [name, name.endsWith('_URL') ? queue : 'filled-in'];
    }),
  );
}
