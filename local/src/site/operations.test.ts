import { afterEach, expect, test } from 'vitest';
import { ADA, startTestSite } from './test-site.ts';

let it: Awaited<ReturnType<typeof startTestSite>>;
afterEach(() => it.site.close());

test('what strikes the data strikes the request that it names, and is gone with the next page', async () => {
  it = await startTestSite();
  const ada = await it.cookieOf(ADA);
  const posts = (offset: number) => it.get(`/api2/v2/posts?offset=${offset}`, ada);
  it.site.fault({ kind: 'data', status: 503, body: {}, request: 2 });
  it.site.fault({ kind: 'data-cut' });
  it.site.fault({ kind: 'data', body: 'never read' });
  await it.get('/my/posts', ada);
  expect([(await posts(0)).status, (await posts(50)).status, (await posts(50)).status]).toEqual([
    200, 503, 200,
  ]);
  await it.get('/my/posts', ada);
  const cut = await posts(0);
  expect(cut.status).toBe(200);
  await expect(cut.text()).rejects.toThrow('terminated');
  await it.get('/my/posts', ada);
  await it.get('/my/posts', ada);
  expect(((await (await posts(0)).json()) as { list: unknown[] }).list).toHaveLength(50);
});

test('data that never comes ends with the site', async () => {
  it = await startTestSite();
  const ada = await it.cookieOf(ADA);
  it.site.fault({ kind: 'data-silence' });
  await it.get('/my/posts', ada);
  const both = [it.get('/api2/v2/posts', ada), it.get('/api2/v2/posts', ada)];
  await Promise.race(both);
  await it.site.close();
  expect((await Promise.allSettled(both)).map(({ status }) => status).sort()).toEqual([
    'fulfilled',
    'rejected',
  ]);
  it = await startTestSite();
});

test('a heavy page names a picture, a film, a sound and a font, and the site knows who asked for them', async () => {
  it = await startTestSite({ heavy: true });
  const ada = await it.cookieOf(ADA);
  const html = await (await it.get('/my/profile', ada)).text();
  const named = [...html.matchAll(/\/assets\/heavy\.\w+/g)].map(([path]) => path);
  expect(new Set(named)).toEqual(
    new Set(['png', 'mp4', 'mp3', 'woff2'].map(ending => `/assets/heavy.${ending}`)),
  );
  expect(it.site.assetsRequested()).toEqual([]);
  const sizes = [];
  for (const path of named) sizes.push((await (await it.get(path)).arrayBuffer()).byteLength);
  expect(Math.min(...sizes)).toBeGreaterThan(50_000);
  expect(it.site.assetsRequested()).toEqual(named);
});
