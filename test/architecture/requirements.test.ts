import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';
import { describe, expect, test } from 'vitest';

/** How many criteria each requirement of the law has. */
const CRITERIA: Record<number, number> = { 1: 5, 2: 5, 3: 5, 4: 5, 5: 5, 6: 5, 7: 5, 8: 5 };

interface Row {
  what: string;
  where: string;
  shownBy: string;
}

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), 'utf8');

const rows: Row[] = read('docs/requirements.md')
  .split('\n')
  .filter(line => line.startsWith('| ') && !/^\| (requirement|promise) \|/.test(line))
  .map(line => {
    const cells = line.split(' | ').map(cell => cell.replace(/^\| | \|$/g, '').trim());
    expect(cells, line).toHaveLength(3);
    return { what: cells[0]!, where: cells[1]!, shownBy: cells[2]! };
  });

const exists = (pattern: string) => globSync(pattern, { cwd: PROJECT_ROOT }).length > 0;

/** Every file and folder that a cell names; a short name is beside, or below a folder of, the one before it. */
function filesIn(cell: string): string[] {
  const files: string[] = [];
  for (const [, name = ''] of cell.matchAll(/`([\w@./*-]+(?:\.(?:ts|lua)|\/))`/g)) {
    let folder = files.at(-1) === undefined ? '.' : dirname(files.at(-1)!);
    while (!exists(join(folder, name)) && folder !== '.') folder = dirname(folder);
    files.push(normalize(join(folder, name)));
  }
  return files;
}

/** Like {@link filesIn}, but `the same` stands for those of the row before. */
function testsOf(index: number): string[] {
  const { shownBy } = rows[index]!;
  const before = /\bthe same\b/.test(shownBy) && index > 0 ? testsOf(index - 1) : [];
  return [...before, ...filesIn(shownBy).flatMap(name => (name.endsWith('/') ? [] : name))];
}

test('each criterion of the law has a row', () => {
  const named = new Set(
    rows.flatMap(({ what }) => [...(/^[\d., +]+/.exec(what)?.[0] ?? '').matchAll(/\d\.\d/g)].map(String)),
  );
  const all = Object.entries(CRITERIA).flatMap(([requirement, count]) =>
    Array.from({ length: count }, (_, i) => `${requirement}.${i + 1}`),
  );
  expect(all.filter(one => !named.has(one))).toEqual([]);
});

describe.each(rows.map((row, index) => [row.what, row, index] as const))('%s', (_, row, index) => {
  test('is where it is said to be, and shown by what is said to show it', () => {
    const files = [...filesIn(row.where), ...filesIn(row.shownBy)];
    expect(files.filter(file => !exists(file))).toEqual([]);
    expect(filesIn(row.where)).not.toEqual([]);

    const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
    const commands = [...row.shownBy.matchAll(/`npm run (\w+)/g)].map(([, name = '']) => name);
    expect(commands.filter(name => !(name in scripts))).toEqual([]);

    const tests = testsOf(index);
    expect([...tests, ...commands, ...filesIn(row.shownBy)]).not.toEqual([]);
    const text = tests.map(read).join('\n');
    const titles = [...row.shownBy.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title);
    expect(titles.filter(title => !text.includes(title))).toEqual([]);
  });
});
