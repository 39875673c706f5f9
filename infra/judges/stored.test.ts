import { expect, test } from 'vitest';
import { INSTALLATIONS, templateOf, type Template } from './synthesized.ts';

// What would be deployed, as it was last agreed to: a change shows here as a difference, resource by resource.
// `npx vitest run infra/judges/stored.test.ts -u` agrees to it.

const FILES: Record<string, string> = {
  prod: 'prod.json',
  'dev, all of it new, the API open to some': 'dev-with-api.json',
  'prod on what exists': 'prod-on-what-exists.json',
};

/** Without what a build changes: the hashes of bundles and images. */
function settled(template: Template): string {
  return `${JSON.stringify(template, undefined, 2).replaceAll(/\b[0-9a-f]{64}\b/g, '(hash)')}\n`;
}

test.each(INSTALLATIONS.filter(([name]) => name in FILES))('%s is what is stored', async (name, context) => {
  await expect(settled(templateOf(context))).toMatchFileSnapshot(`stored/${FILES[name]}`);
});
