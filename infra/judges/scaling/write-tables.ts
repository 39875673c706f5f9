// node infra/judges/scaling/write-tables.ts: makes the tables in docs/scaling.md anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { templateOf } from '../synthesized.ts';
import { rulesOf } from './rules.ts';
import { withTables } from './tables.ts';

const document = new URL('../../../docs/scaling.md', import.meta.url);
writeFileSync(document, await withTables(readFileSync(document, 'utf8'), rulesOf(templateOf())));
