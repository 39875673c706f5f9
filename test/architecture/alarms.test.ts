import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALARM_PREFIX, alarmsOf, WHOLE, type AlarmDefinition } from '@huntaze/core/alarms';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { expect, test } from 'vitest';

const text = readFileSync(join(PROJECT_ROOT, 'docs/alarms.md'), 'utf8');

const row = ({ name, notifies, notOnOneMachine }: AlarmDefinition) =>
  `| \`${name.slice(ALARM_PREFIX.length)}\` | ${notifies} | ${
    notOnOneMachine === undefined ? 'evaluated' : `not: ${notOnOneMachine}`
  } |`;

test('the document lists every alarm, and of those that one machine can’t tell, why', () => {
  const table = /<!-- all:[^>]*-->\n([\s\S]*?)<!-- \/all -->/.exec(text)?.[1] ?? '';
  const rows = table
    .split('\n')
    .slice(2)
    .filter(line => line !== '');
  expect(rows).toEqual(alarmsOf(WHOLE).map(row));
});
