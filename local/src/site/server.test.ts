import { afterEach, expect, test } from 'vitest';
import { account } from './accounts.ts';
import type { Site, SiteOptions } from './server.ts';
import { ADA, BEA, startTestSite } from './test-site.ts';

let running: Site | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(options: Partial<SiteOptions> = {}) {
  const started = await startTestSite(options);
  running = started.site;
  return started;
}

test('a login hands out a session and leads home, which is no operation', async () => {
  const { site, get, logIn, cookieOf } = await start();
  const response = await logIn(ADA.email, ADA.password);
  expect(response.status).toBe(303);
  expect(response.headers.get('location')).toBe('/');
  expect((await get('/', await cookieOf(ADA))).status).toBe(200);
  expect(site.log()).toEqual([]);
});

test('who is logged in already is sent on from the login page', async () => {
  const { get, cookieOf } = await start({ landing: '/elsewhere' });
  const response = await get('/login', await cookieOf(ADA));
  expect([response.status, response.headers.get('location')]).toEqual([302, '/elsewhere']);
});

test.each([
  ['a wrong password', ADA.email, 'wrong'],
  ['an unknown account', 'nobody@example.com', ADA.password],
])('%s is 401 and says so on the login page', async (_, email, password) => {
  const { logIn } = await start();
  const response = await logIn(email, password);
  expect(response.status).toBe(401);
  expect(response.headers.get('set-cookie')).toBeNull();
  expect(await response.text()).toContain('<p role="alert">Wrong email or password</p>');
});

test('a page under /my/ without a session is a redirect to the login, and counted', async () => {
  const { site, get } = await start({ limit: 1 });
  const response = await get('/my/profile');
  expect(response.status).toBe(302);
  expect(response.headers.get('location')).toBe('/login');
  expect((await get('/my/profile')).status).toBe(429);
  expect(site.log().map(entry => [entry.account, entry.status])).toEqual([
    [null, 302],
    [null, 429],
  ]);
});

test('each account sees its own profile, the same at every start', async () => {
  const first = await start();
  const [ada, bea] = await Promise.all(
    [ADA, BEA].map(async who => (await first.get('/api2/v2/users/me', await first.cookieOf(who))).json()),
  );
  expect(ada).toEqual(account(ADA.email, 'x').profile);
  expect(ada).not.toEqual(bea);
  expect((await first.get('/api2/v2/users/me')).status).toBe(401);
});

test('the limit is exact, for the whole site, and Retry-After tells in whole seconds when it ends', async () => {
  const { clock, get, cookieOf } = await start({ limit: 2, windowMs: 60_000 });
  const [ada, bea] = [await cookieOf(ADA), await cookieOf(BEA)];
  expect((await get('/my/profile', ada)).status).toBe(200);
  clock.at += 500;
  expect((await get('/my/profile', bea)).status).toBe(200);
  clock.at += 200;
  const refused = await get('/my/profile', ada);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('60');
  clock.at += 59_299;
  expect((await get('/my/profile', ada)).status).toBe(429);
  clock.at += 1;
  expect((await get('/my/profile', ada)).status).toBe(200);
  expect((await get('/my/profile', ada)).status).toBe(429);
});

test('the log is NDJSON with a line per navigation', async () => {
  const { clock, get, cookieOf } = await start();
  await get('/my/profile', await cookieOf(ADA));
  clock.at += 7;
  await get('/my/nowhere', await cookieOf(ADA));
  const response = await get('/__site/log');
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  expect(
    (await response.text())
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as unknown),
  ).toEqual([
    { at_ms: 1_000_000, account: ADA.email, method: 'GET', path: '/my/profile', status: 200 },
    { at_ms: 1_000_007, account: ADA.email, method: 'GET', path: '/my/nowhere', status: 404 },
  ]);
});

test('faults strike the next navigations, in order, and are counted like any other', async () => {
  const { site, get, cookieOf } = await start({ limit: 6 });
  const ada = await cookieOf(ADA);
  site.fault({ kind: 'status', status: 500, times: 2 });
  site.fault({ kind: 'throttled', retryAfterSeconds: 7 });
  site.fault({ kind: 'challenge', status: 403 });
  site.fault({ kind: 'data', body: { id: 'x' } });
  const answers = [];
  for (let i = 0; i < 5; i += 1) answers.push(await get('/my/profile', ada));
  expect(answers.map(answer => answer.status)).toEqual([500, 500, 429, 403, 200]);
  expect(answers[2]?.headers.get('retry-after')).toBe('7');
  expect(await answers[3]?.text()).toContain('Verify you are human');
  expect(await (await get('/api2/v2/users/me', ada)).json()).toEqual({ id: 'x' });
  expect(await (await get('/api2/v2/users/me', ada)).json()).toEqual(ADA.profile);
  expect((await get('/my/profile', ada)).status).toBe(200);
  expect((await get('/my/profile', ada)).status).toBe(429);
});

test('a dropped session ends at its navigation; the others stay', async () => {
  const { site, get, cookieOf } = await start();
  const [ada, bea] = [await cookieOf(ADA), await cookieOf(BEA)];
  site.fault({ kind: 'session-dropped' });
  expect((await get('/my/profile', ada)).status).toBe(302);
  expect((await get('/my/profile', ada)).status).toBe(302);
  expect((await get('/my/profile', bea)).status).toBe(200);
});

test('a cut connection and a silent one are in the log, and closing ends the wait', async () => {
  const { site, get, cookieOf } = await start();
  const ada = await cookieOf(ADA);
  site.fault({ kind: 'cut' });
  site.fault({ kind: 'silence' });
  await expect(get('/my/profile', ada)).rejects.toThrow('fetch failed');
  const silent = get('/my/profile', ada);
  const ended = expect(silent).rejects.toThrow('fetch failed');
  while (site.log().length < 2) await new Promise(setImmediate);
  await site.close();
  await ended;
  expect(site.log().map(entry => entry.status)).toEqual([0, 0]);
  await start();
});

test('the login form has its labels, an unknown page is 404, and the site says that it is well', async () => {
  const { get } = await start();
  const text = await (await get('/login')).text();
  expect(text).toMatch(/<label for="email">Email<\/label>/);
  expect(text).toMatch(/<label for="password">Password<\/label>/);
  expect((await get('/nowhere')).status).toBe(404);
  expect(await (await get('/__site/health')).json()).toEqual({ ok: true });
});

test('a form larger than a login can be is refused unread', async () => {
  const { logIn } = await start();
  expect((await logIn(ADA.email, 'x'.repeat(20_000))).status).toBe(413);
});
