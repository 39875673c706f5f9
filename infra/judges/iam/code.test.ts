import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Template } from '../synthesized.ts';
import { actionsIn } from './code.ts';
import { Installation } from './installation.ts';
import { subjectsOf } from './subjects/all.ts';
import { thingsOf } from './things.ts';

// Whether the rows of the matrix are what the code calls: no call without a row, and no row that nobody calls for.

const stored = readFileSync(new URL('../stored/prod.json', import.meta.url), 'utf8');
const it = new Installation({}, JSON.parse(stored) as Template);
const subjects = subjectsOf(it, thingsOf(it)).filter(({ code }) => code !== undefined);

describe.each(subjects.map(subject => [subject.who, subject] as const))(
  '%s',
  (_, { code, rows, unseen = [] }) => {
    const called = actionsIn(code!);

    test('there is something that it calls', () => expect(called.length).toBeGreaterThan(1));

    test('what it calls it may, and what it may it calls', () => {
      // What AWS does in its name no code calls; nor what a service asks of a key to serve it.
      const own = rows.filter(
        ({ verdict, byAws, context }) => verdict === 'may' && !byAws && !('kms:ViaService' in context),
      );
      const allowed = new Set(own.flatMap(({ actions }) => actions));
      expect([...allowed].sort()).toEqual([...called, ...unseen].sort());
    });
  },
);
