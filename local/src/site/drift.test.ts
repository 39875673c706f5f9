import { expect, test } from 'vitest';
import { Drifts, type Drift } from './drift.ts';

const BODY = { list: [{ id: 1, user: { id: 2 } }, { id: 3 }], hasMore: false, count: 7 };
const PATH = '/api2/v2/chats/fan-1/messages';

test.each<[Partial<Drift>, unknown]>([
  [
    { field: 'count', becomes: 'text' },
    { ...BODY, count: '7' },
  ],
  [
    { field: 'count', becomes: 'null' },
    { ...BODY, count: null },
  ],
  [
    { field: 'hasMore', becomes: 'gone' },
    { list: BODY.list, count: 7 },
  ],
  [
    { field: 'hasMore', becomes: { name: 'more' } },
    { list: BODY.list, count: 7, more: false },
  ],
  [
    { field: 'list[].id', becomes: 'text' },
    { ...BODY, list: [{ id: '1', user: { id: 2 } }, { id: '3' }] },
  ],
  [
    { field: 'list[].user.id', becomes: 'gone' },
    { ...BODY, list: [{ id: 1, user: {} }, { id: 3 }] },
  ],
  [{ field: 'no.such', becomes: 'gone' }, BODY],
  [{ path: '/api2/v2/chats/{fan_id}', field: 'count', becomes: 'gone' }, BODY],
  [{ account: 'bea', field: 'count', becomes: 'gone' }, BODY],
])('%j', (drift, changed) => {
  const drifts = new Drifts();
  const restore = drifts.add({
    path: '/api2/v2/chats/{fan_id}/messages',
    field: 'x',
    becomes: 'gone',
    ...drift,
  });
  expect(drifts.applied(PATH, 'ada', BODY)).toEqual(changed);
  restore();
  expect(drifts.applied(PATH, 'ada', BODY)).toBe(BODY);
});
