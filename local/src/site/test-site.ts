import { account } from './accounts.ts';
import { startSite, type Site, type SiteOptions } from './server.ts';

export const ADA = account('ada@example.com', 'correct horse');
export const BEA = account('bea@example.com', 'battery staple');

/** A site whose clock stands still until it is moved, and what a visitor does there. */
export async function startTestSite(options: Partial<SiteOptions> = {}) {
  const clock = { at: 1_000_000, now: () => clock.at, sleep: () => Promise.resolve() };
  const site: Site = await startSite({
    port: 0,
    limit: 10,
    windowMs: 60_000,
    accounts: [ADA, BEA],
    clock,
    ...options,
  });
  const { url } = site;
  const get = (path: string, cookie = '') => fetch(url + path, { redirect: 'manual', headers: { cookie } });
  const logIn = (email: string, password: string) =>
    fetch(`${url}/login`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ email, password }),
    });
  const cookieOf = async (who: typeof ADA) =>
    ((await logIn(who.email, who.password)).headers.get('set-cookie') ?? '').split(';')[0] as string;
  const post = (fan: string, body: unknown, cookie = '') =>
    fetch(`${url}/api2/v2/chats/${fan}/messages`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { site, clock, get, logIn, cookieOf, post };
}
