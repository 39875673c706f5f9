import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { templateOf } from '../synthesized.ts';
import { rulesOf } from './rules.ts';
import { withTables } from './tables.ts';

const committed = readFileSync(new URL('../../../docs/scaling.md', import.meta.url), 'utf8');

test('the tables are what template and prices give today; if not: node infra/judges/scaling/write-tables.ts', async () => {
  expect(committed === (await withTables(committed, rulesOf(templateOf())))).toBe(true);
}, 60_000);

test('a document without a place for them is an error that names it', async () => {
  await expect(withTables('# Scaling', rulesOf(templateOf()))).rejects.toThrow('no <!-- scenarios -->');
});
