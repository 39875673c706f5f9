// node infra/cost/write-document.ts: writes docs/cost.md anew.
import { writeFileSync } from 'node:fs';
import { documentOf } from './document.ts';

writeFileSync(new URL('../../docs/cost.md', import.meta.url), documentOf());
