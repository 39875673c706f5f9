import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { templateOf } from '../synthesized.ts';
import { drawingOf } from './drawing.ts';
import { rulesOf } from './rules.ts';

test('the picture is what the template gives today; if not: node infra/judges/scaling/picture.ts', async () => {
  const committed = readFileSync(new URL('../../../docs/pictures/scaling.svg', import.meta.url), 'utf8');
  expect(committed === (await drawingOf(rulesOf(templateOf())))).toBe(true);
});
