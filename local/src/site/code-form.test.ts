import { afterEach, expect, test } from 'vitest';
import type { Site, SiteOptions } from './server.ts';
import { ADA, BEA, startTestSite } from './test-site.ts';

let running: Site | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const WITH_CODE = { ...ADA, code: '123456' };

async function start(options: Partial<SiteOptions> = {}) {
  const started = await startTestSite({ accounts: [WITH_CODE, BEA], ...options });
  running = started.site;
  const cookieIn = (response: Response) => (response.headers.getSetCookie()[0] ?? '').split(';')[0] as string;
  /** As far as the page that asks for the code. */
  const begin = async () => {
    const response = await started.logIn(ADA.email, ADA.password);
    expect([response.status, response.headers.get('location')]).toEqual([303, '/login/code']);
    return cookieIn(response);
  };
  const confirm = (code: string, cookie: string) =>
    fetch(`${started.site.url}/login/code`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie },
      body: new URLSearchParams({ code }),
    });
  return { ...started, begin, confirm };
}

test('the right password of such an account is no session yet; with the code it is one', async () => {
  const { site, get, begin, confirm } = await start({ landing: '/my/profile' });
  const cookie = await begin();
  expect((await get('/api2/v2/users/me', cookie)).status).toBe(401);
  const page = await (await get('/login/code', cookie)).text();
  expect(page).toContain('<label for="code">Code</label>');
  expect(page).toContain('>Confirm</button>');
  expect(site.logins()).toEqual({ accepted: 0, refused: 0 });
  const response = await confirm('123456', cookie);
  expect([response.status, response.headers.get('location')]).toEqual([303, '/my/profile']);
  const session = response.headers.getSetCookie().find(one => one.startsWith('site_session='))!;
  expect((await get('/api2/v2/users/me', session.split(';')[0])).status).toBe(200);
  expect(site.logins()).toEqual({ accepted: 1, refused: 0 });
  // The code's page is over.
  expect((await get('/login/code', cookie)).status).toBe(303);
  expect(site.log()).toEqual([]);
});

test('a wrong code can be entered again; after five of them the login begins anew', async () => {
  const { site, begin, confirm } = await start();
  const cookie = await begin();
  for (let wrong = 1; wrong < 5; wrong += 1) {
    const response = await confirm(`00000${wrong}`, cookie);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('<p role="alert">Wrong code</p>');
  }
  expect((await confirm('', cookie)).headers.get('location')).toBe('/login');
  expect((await confirm('123456', cookie)).headers.get('location')).toBe('/login');
  expect(site.codes()).toEqual({ asked: 1, refused: 5 });
  expect((await confirm('123456', await begin())).headers.get('location')).toBe('/');
});

test('who has not given the password is sent to it, and a wrong password tells of no code', async () => {
  const { get, confirm, logIn } = await start();
  expect((await get('/login/code')).headers.get('location')).toBe('/login');
  expect((await confirm('123456', 'site_login=guessed')).headers.get('location')).toBe('/login');
  expect((await logIn(ADA.email, 'wrong')).status).toBe(401);
});

test('others are asked for none; a test can begin and end that', async () => {
  const { site, logIn, begin } = await start();
  expect((await logIn(BEA.email, BEA.password)).headers.get('location')).toBe('/');
  site.askCode(BEA.email, 'abcd');
  expect((await logIn(BEA.email, BEA.password)).headers.get('location')).toBe('/login/code');
  await begin();
  site.askCode(ADA.email, undefined);
  expect((await logIn(ADA.email, ADA.password)).headers.get('location')).toBe('/');
});
