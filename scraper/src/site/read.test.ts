import * as z from 'zod/mini';
import { expect, test } from 'vitest';
import type { Operation } from '../operation.ts';
import { SiteChanged } from '../outcome.ts';
import { chatPage, PROFILE } from './labels.ts';
import { count, id, readAs, time, whole } from './read.ts';

const shape = z.object({
  whole,
  count: z.optional(count),
  id: z.optional(id),
  since: z.optional(time),
  kind: z.optional(z.literal(['one', 'two'])),
  name: z.optional(z.nullable(z.string())),
  list: z.optional(z.array(z.object({ user: z.object({ id }) }))),
});
const SECRET = 'hunter-2';

function read(json: unknown, page = PROFILE) {
  const operation = { fits: new Set<string>() } as Operation;
  try {
    readAs({ operation }, shape, json, page);
  } catch (error) {
    return { operation, error: error as SiteChanged };
  }
  return { operation, error: undefined };
}

test.each<[unknown, string]>([
  [{}, 'field "whole" must be a whole number, it is missing'],
  [{ whole: SECRET }, 'field "whole" must be a whole number, it is text'],
  [{ whole: 1.5 }, 'field "whole" must be a whole number, it is a number'],
  [{ whole: null }, 'field "whole" must be a whole number, it is null'],
  [{ whole: [SECRET] }, 'field "whole" must be a whole number, it is a list'],
  [{ whole: { SECRET } }, 'field "whole" must be a whole number, it is an object'],
  [{ whole: 1, count: -1 }, 'field "count" must be 0 or more, it is a whole number'],
  [
    { whole: 1, id: false },
    'field "id" must be an id: text of 1 to 128 characters, or a whole number, it is true or false',
  ],
  [{ whole: 1, since: SECRET }, 'field "since" must be a time like 2026-01-31T12:00:00Z, it is text'],
  [{ whole: 1, kind: SECRET }, 'field "kind" must be one of one, two, it is text'],
  [{ whole: 1, name: 7 }, 'field "name" must be text, it is a whole number'],
  [
    { whole: 1, list: [{ user: { id: 1 } }, { user: {} }, { user: SECRET }] },
    'field "list[].user.id" must be an id: text of 1 to 128 characters, or a whole number, it is missing; field "list[].user" must be an object like {…}, it is text',
  ],
  [SECRET, 'all of it must be an object like {…}, it is text'],
  [null, 'all of it must be an object like {…}, it is null'],
])('%j: %s', (json, words) => {
  const { operation, error } = read(json);
  expect(error).toBeInstanceOf(SiteChanged);
  expect(error?.message).toBe(`the site's answer for /api2/v2/users/me changed: ${words}`);
  expect(JSON.stringify(error)).not.toContain(SECRET);
  expect([...operation.fits]).toEqual([]);
});

test('of many fields five are named, and of a list each once', () => {
  const json = { whole: '', count: '', id: [], since: 1, kind: 1, name: 1, list: [{}, {}] };
  const { error } = read(json);
  expect(error?.fields).toEqual(['whole', 'count', 'id', 'since', 'kind']);
  expect(error?.message).toMatch(/; and 2 more$/);
});

test('a page is called without the ids in its path', () => {
  const page = chatPage('fan-7');
  expect(read({}, page).error?.page).toBe('/api2/v2/chats/{fan_id}/messages');
  const { operation, error } = read({ whole: 1 }, page);
  expect(error).toBeUndefined();
  expect([...operation.fits]).toEqual(['/api2/v2/chats/{fan_id}/messages']);
});
