import * as z from 'zod/mini';
import { expect, test } from 'vitest';
import { bound, endpoint, type Door } from '../http/endpoint.ts';
import { answerOf, paramsOf } from './in-process.ts';

const door: Door = {
  authenticate: token =>
    Promise.resolve(
      token === 'adas'
        ? { tokenId: 'tok-1', tokenSha256: '', role: 'viewer' as const, creators: ['ada'] }
        : undefined,
    ),
  allow: () => ({ isAllowed: true, limit: 1, windowSeconds: 1, remaining: 1, resetSeconds: 1 }),
  now: () => 0,
  log: () => undefined,
};
const about = { method: 'GET', summary: '', tag: '', role: 'viewer', answers: {} } as const;
const endpoints = [
  endpoint(
    () => door,
    {
      ...about,
      path: '/api/creators/{id}',
      params: z.strictObject({ id: z.string() }),
      query: z.strictObject({ state: z.optional(z.string()) }),
    },
    async ({ identity, params, query }) => {
      bound(identity, params.id, 'creator');
      return Response.json({ ...params, ...query });
    },
  ),
  endpoint(
    () => door,
    { ...about, method: 'POST', path: '/api/creators/{id}' },
    async () => Response.json({}),
  ),
];
const cookie = 'huntaze-session=adas';

test('a page reads what the API answers to whoever opened it', async () => {
  expect(await answerOf(endpoints, '/api/creators/ada?state=paused', { cookie })).toMatchObject({
    status: 200,
    json: { id: 'ada', state: 'paused' },
  });
});

test('the API’s own checks stand before it: who asks, for whose creator, and what for', async () => {
  const status = async (path: `/api/${string}`, headers: Record<string, string>) =>
    (await answerOf(endpoints, path, headers)).status;
  expect(await status('/api/creators/ada', {})).toBe(401);
  expect(await status('/api/creators/bea', { cookie })).toBe(404);
  expect(await status('/api/creators/ada?order=1', { cookie })).toBe(400);
});

test('what no endpoint has, is said', async () => {
  expect(await answerOf(endpoints, '/api/nothing', { cookie })).toMatchObject({
    status: 501,
    detail: 'this server has no /api/nothing',
  });
});

test('a parameter is one segment, decoded', () => {
  expect(paramsOf('/api/creators/{id}', '/api/creators/a%40b')).toEqual({ id: 'a@b' });
  expect(paramsOf('/api/creators/{id}', '/api/creators/a/b')).toBeUndefined();
  expect(paramsOf('/api/creators/{id}', '/api/operations/a')).toBeUndefined();
  expect(paramsOf('/api/creators/{id}', '/api/creators/%E0%A4%A')).toBeUndefined();
});
