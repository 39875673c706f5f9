import { expect, test } from 'vitest';
import { NobodyYet, NotThere, type Reads } from './data.ts';
import { serve, type Ports } from './serve.tsx';

const LIMITS = {
  scope: 'platform',
  in_force: {
    limit: 10,
    window_s: 60,
    most_unfinished: 2,
    most_waiting: 3,
    most_waiting_of_creator: 4,
    weights: {},
  },
  set: {},
  lines: [],
};
const lines: Record<string, unknown>[] = [];

/** Serves a path to an operator for whom everything reads as `reads` has it. */
async function get(path: string, reads: Partial<Record<keyof Reads, () => unknown>> = {}, headers = {}) {
  const read = (value: unknown) => async () => ({ is: 'read', value });
  const ports: Ports = {
    readsFor: () =>
      ({
        who: read({ token_id: 'tok-1', role: 'operator', creators: 'all' }),
        overview: async () => ({ is: 'problem', detail: 'the line can not be reached' }),
        limits: read(LIMITS),
        ...reads,
      }) as unknown as Reads,
    assets: () => ({ script: '/console-1.js', style: '/style-1.css' }),
    now: () => Date.parse('2026-12-01T00:00:00Z'),
    log: line => lines.push(line),
  };
  const response = await serve(new Request(`http://console.test${path}`, { headers }), ports);
  return { status: response.status, headers: response.headers, html: await response.text() };
}
const nobody = { who: () => Promise.reject(new NobodyYet()) };

test('a page is whole HTML for whoever has a session, of this moment, with one script', async () => {
  const { status, headers, html } = await get('/limits');
  expect(status).toBe(200);
  expect(html).toContain('<h1>10 in any 60 s</h1>');
  expect(html).toContain('<title>Limits · Huntaze</title>');
  expect(headers.get('cache-control')).toBe('private, no-store');
  const [, nonce = ''] =
    /script-src 'nonce-([\w+/=]{24})'(;|$)/.exec(headers.get('content-security-policy')!) ?? [];
  const scripts = html.match(/<script\b[^>]*>/g);
  expect(scripts).toEqual([
    `<script type="module" src="/console-1.js" nonce="${nonce}">`,
    '<script type="application/json" id="shown">',
  ]);
  expect(html).not.toMatch(/ style=| on\w+=/);
});

test('without a session it leads to where one begins, and from there back to a page of ours', async () => {
  const { status, headers } = await get('/creators?state=paused', nobody);
  expect([status, headers.get('location')]).toEqual([303, '/sign-in?to=%2Fcreators%3Fstate%3Dpaused']);
  // Nor one that ends while the page is made.
  expect((await get('/limits', { limits: nobody.who })).status).toBe(303);
  expect((await get('/sign-in?to=%2F%2Fevil.test', nobody)).html).toContain('"to":"/"');
  expect((await get('/sign-in', nobody, { 'sec-fetch-site': 'cross-site' })).html).toContain(
    '"isFromElsewhere":true',
  );
});

test('what there isn’t is told in the frame, what is no address without one', async () => {
  const gone = await get('/creators/ada', {
    creator: () => Promise.reject(new NotThere()),
    operations: () => Promise.reject(new NotThere()),
  });
  expect([gone.status, gone.html.includes('<nav')]).toEqual([404, true]);
  // No id: nothing is asked for it.
  expect((await get('/creators/%2E%2E%2Fx')).status).toBe(404);
  const nowhere = await get('/nowhere', nobody);
  expect([nowhere.status, nowhere.html.includes('<script')]).toEqual([404, false]);
});

test('what can’t be had just now is said in its place, and when not even who asks is known', async () => {
  const away = () => Promise.resolve({ is: 'problem', detail: 'the line can not be reached' });
  const page = await get('/limits', { limits: away });
  expect(page.status).toBe(503);
  expect(page.html).toContain(
    '<h1>Limits</h1><p class="problem" role="alert">the line can not be reached</p>',
  );
  const all = await get('/limits', { who: away });
  expect([all.status, all.html.includes('Nobody can be let in just now')]).toEqual([503, true]);
});

test('a fault of ours is logged, and said without its insides', async () => {
  const broken = () => Promise.reject(new Error('the inside'));
  for (const reads of [{ limits: broken }, { who: broken }]) {
    const { status, html } = await get('/limits?a=1', reads);
    expect([status, html.includes('the inside')]).toEqual([500, false]);
    expect(lines.pop()).toMatchObject({ path: '/limits', error: expect.stringContaining('the inside') });
  }
  expect((await get('/limits?a=1', { limits: broken })).html).toContain('href="/limits?a=1"');
});

test('what is shown can’t end the element that carries it', async () => {
  const { html } = await get('/limits', {
    limits: async () => ({ is: 'problem', detail: '</script><script>alert(1)</script>\u2028<!--' }),
  });
  expect(html).not.toContain('<script>alert');
  const [, json = ''] = /id="shown">(.*?)<\/script>/s.exec(html) ?? [];
  expect(json).not.toMatch(/[<>\u2028]/);
  expect(JSON.parse(json)).toMatchObject({
    props: { detail: '</script><script>alert(1)</script>\u2028<!--' },
  });
});
