import { readdirSync, readFileSync } from 'node:fs';
import type { Question } from './estimate.ts';
import type { Resource, Template } from './template.ts';

const STORED = new URL('../judges/stored/', import.meta.url);

/** The stored installations, by their names. */
export const STORED_TEMPLATES: [name: string, template: Template][] = readdirSync(STORED).map(file => [
  file,
  JSON.parse(readFileSync(new URL(file, STORED), 'utf8')) as Template,
]);

/** One of them. */
export function stored(name: string): Template {
  return STORED_TEMPLATES.find(([file]) => file === name)![1];
}

export const QUESTION: Question = {
  region: 'eu-west-1',
  operationsPerDay: 2_000,
  creators: 20,
  pageMegabytes: 1,
  hasOtherTrail: false,
  tasks: { scraper: undefined, spotShare: 1 },
};

/** A template made of a few resources. */
export function of(
  resources: Record<string, [type: string, properties?: Record<string, unknown>]>,
): Template {
  return {
    Resources: Object.fromEntries(
      Object.entries(resources).map(([id, [Type, Properties = {}]]): [string, Resource] => [
        id,
        { Type, Properties },
      ]),
    ),
  };
}
