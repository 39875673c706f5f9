import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Site, SiteOptions } from './server.ts';
import { ADA, startTestSite } from './test-site.ts';

const NEW = 'a new staple';
let running: Site | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function start(options: Partial<SiteOptions> = {}) {
  const it = await startTestSite(options);
  running = it.site;
  const change = (body: unknown, cookie: string) =>
    fetch(`${it.site.url}/api2/v2/settings/password`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const from = (currentPassword: string, newPassword: string) => ({ currentPassword, newPassword });
  return { ...it, change, from };
}

test('a new password holds from then on; other sessions end, the one that changed it stays', async () => {
  const { site, change, from, cookieOf, logIn, get } = await start();
  const [ada, other] = [await cookieOf(ADA), await cookieOf(ADA)];
  expect(await (await get('/api2/v2/settings/password', ada)).json()).toEqual({ changedAt: null });
  const answer = await change(from(ADA.password, NEW), ada);
  expect([answer.status, await answer.json()]).toEqual([200, { success: true }]);
  expect((await logIn(ADA.email, ADA.password)).status).toBe(401);
  expect((await logIn(ADA.email, NEW)).status).toBe(303);
  expect((await get('/api2/v2/users/me', ada)).status).toBe(200);
  expect((await get('/api2/v2/users/me', other)).status).toBe(401);
  expect(await (await get('/api2/v2/settings/password', ada)).json()).toEqual({
    changedAt: new Date(1_000_000).toISOString(),
  });
  expect(site.log()).toEqual([
    {
      at_ms: 1_000_000,
      account: ADA.email,
      method: 'POST',
      path: '/api2/v2/settings/password',
      status: 200,
      effect: 'credentials.rotate',
    },
  ]);
  expect(site.logins()).toEqual({ accepted: 3, refused: 1 });
});

test.each([
  ['a wrong current password', { currentPassword: 'wrong', newPassword: NEW }, 403],
  ['a short one', { currentPassword: ADA.password, newPassword: '1234567' }, 400],
  ['a long one', { currentPassword: ADA.password, newPassword: 'x'.repeat(129) }, 400],
  ['the old one', { currentPassword: ADA.password, newPassword: ADA.password }, 400],
  ['no JSON', '{', 400],
  ['no new one', { currentPassword: ADA.password }, 400],
])('%s changes nothing', async (_, body, status) => {
  const { site, change, cookieOf, logIn } = await start();
  const answer = await change(body, await cookieOf(ADA));
  expect(answer.status).toBe(status);
  expect(await answer.json()).toEqual({ error: { message: expect.any(String) as string } });
  expect((await change({}, '')).status).toBe(401);
  expect((await logIn(ADA.email, ADA.password)).status).toBe(303);
  expect([site.log(), site.passwordsReceived()]).toEqual([[], 2]);
});

test('faults strike after the effect, or instead of it', async () => {
  const { site, change, from, cookieOf, logIn } = await start();
  const ada = await cookieOf(ADA);
  site.passwordFault({ takesEffect: false, answer: { status: 502 } });
  site.passwordFault({ takesEffect: true, answer: 'cut' });
  expect((await change(from(ADA.password, NEW), ada)).status).toBe(502);
  expect((await logIn(ADA.email, NEW)).status).toBe(401);
  await expect(change(from(ADA.password, NEW), ada)).rejects.toThrow('fetch failed');
  expect((await logIn(ADA.email, NEW)).status).toBe(303);
  expect(site.log().map(({ status, effect }) => [status, effect])).toEqual([[0, 'credentials.rotate']]);
});

test('it outlives a restart, whatever the accounts file says; the state file has no password', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'site-password-'));
  const stateFile = join(folder, 'events.ndjson');
  try {
    const first = await start({ stateFile });
    const [ada, other] = [await first.cookieOf(ADA), await first.cookieOf(ADA)];
    await first.change(first.from(ADA.password, NEW), ada);
    const log = first.site.log();
    await first.site.close();
    expect(readFileSync(stateFile, 'utf8')).not.toContain(NEW);
    const second = await start({ stateFile, accounts: [], newcomer: () => ADA });
    expect((await second.logIn(ADA.email, ADA.password)).status).toBe(401);
    expect((await second.logIn(ADA.email, NEW)).status).toBe(303);
    expect((await second.get('/api2/v2/users/me', ada)).status).toBe(200);
    expect((await second.get('/api2/v2/users/me', other)).status).toBe(401);
    expect(second.site.log()).toEqual(log);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
