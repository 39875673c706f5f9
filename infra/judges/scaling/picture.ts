// node infra/judges/scaling/picture.ts: draws docs/pictures/scaling.svg anew.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { templateOf } from '../synthesized.ts';
import { drawingOf } from './drawing.ts';
import { rulesOf } from './rules.ts';

const path = fileURLToPath(new URL('../../../docs/pictures/scaling.svg', import.meta.url));
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, await drawingOf(rulesOf(templateOf())));
