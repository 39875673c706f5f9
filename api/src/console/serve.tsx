import type { VNode } from 'preact';
import { assets } from './assets.ts';
import { NobodyYet, NotThere, readsFor, type Reads } from './data.ts';
import { Docs } from './docs.tsx';
import { documentOf } from './document.tsx';
import { paramsOf } from './in-process.ts';
import { checkedIds, PAGES, type AnyPage } from './pages.ts';
import { ownPath, SIGN_IN, signInPath } from './paths.ts';
import { contentPolicy } from './policy.ts';
import { AbsentAlone, FailedAlone, NobodyAlone } from './ui/instead.tsx';
import type { Shown } from './view.tsx';

/** Answers a page: within the frame to whoever has a session; without one, it leads to where one begins, and back. */
export async function servePage(request: Request): Promise<Response> {
  const url = new URL(request.url);
  try {
    if (url.pathname === SIGN_IN) return answer(200, 'Sign in', signIn(request, url));
    if (url.pathname === '/docs') return answer(200, 'API', <Docs />);
    for (const page of PAGES) {
      const params = paramsOf(page.path, url.pathname);
      if (params) return await inFrame(request, url, page, params);
    }
    return answer(404, '', <AbsentAlone />);
  } catch (error) {
    if (error instanceof NobodyYet) return leadTo(signInPath(`${url.pathname}${url.search}`));
    log(url.pathname, error);
    return answer(500, '', <FailedAlone />);
  }
}

function signIn(request: Request, url: URL): Shown {
  // A browser that comes by another site's link doesn't say its session: from our own page it will.
  const isFromElsewhere = request.headers.get('sec-fetch-site') === 'cross-site';
  const to = ownPath(url.searchParams.get('to') ?? undefined);
  return { screen: 'signIn', props: { to, isFromElsewhere } };
}

async function inFrame(
  request: Request,
  { pathname, search, searchParams }: URL,
  page: AnyPage,
  params: Record<string, string>,
): Promise<Response> {
  const read = readsFor(request.headers);
  const who = await read.who();
  if (who.is === 'problem') return answer(503, '', <NobodyAlone detail={who.detail} />);
  const [overview, { status, title, ...shown }] = await Promise.all([
    read.overview(),
    screenOf(page, read, params, searchParams, `${pathname}${search}`),
  ]);
  const now = overview.is === 'read' ? Date.parse(overview.value.now) : Date.now();
  return answer(status, title, { ...shown, frame: { now, pathname, who: who.value, overview } });
}

/** What stands in the frame: the page's screen, or what is to be said in its place. */
async function screenOf(
  page: AnyPage,
  read: Reads,
  params: Record<string, string>,
  query: URLSearchParams,
  address: string,
): Promise<Shown & { status: number; title: string }> {
  try {
    checkedIds(params);
    const title = typeof page.title === 'string' ? page.title : page.title(params);
    const loaded = await page.load({
      read,
      params,
      query: name => query.get(name) ?? undefined,
      now: Date.now(),
    });
    if (loaded.is === 'read') return { status: 200, title, screen: page.screen, props: loaded.value };
    return { status: 503, title, screen: 'untold', props: { title, detail: loaded.detail } };
  } catch (error) {
    if (error instanceof NobodyYet) throw error;
    if (error instanceof NotThere) return { status: 404, title: '', screen: 'absent', props: {} };
    log(page.path, error);
    return { status: 500, title: '', screen: 'failed', props: { again: address } };
  }
}

/** A page of this moment, for whoever asked, with a nonce of its own. */
function answer(status: number, title: string, content: Shown | VNode): Response {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64');
  return new Response(documentOf({ title, content, nonce, assets: assets() }), {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentPolicy(nonce),
      'cache-control': 'private, no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    },
  });
}

function leadTo(location: string): Response {
  return new Response(null, { status: 303, headers: { location, 'cache-control': 'private, no-store' } });
}

function log(path: string, error: unknown): void {
  const words = error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);
  console.log(JSON.stringify({ message: 'a page could not be made', path, error: words }));
}
