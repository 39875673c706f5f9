import type { VNode } from 'preact';
import { assets, type Assets } from './assets.ts';
import { NobodyYet, NotThere, readsFor, type Reads } from './data.ts';
import { Docs } from './docs.tsx';
import { documentOf } from './document.tsx';
import { paramsOf } from './in-process.ts';
import { checkedIds, PAGES, type AnyPage } from './pages.ts';
import { ownPath, SIGN_IN, signInPath } from './paths.ts';
import { contentPolicy } from './policy.ts';
import { AbsentAlone, FailedAlone, NobodyAlone } from './ui/instead.tsx';
import type { Shown } from './view.tsx';

/** What a page is made with. */
export interface Ports {
  readsFor: (headers: Headers) => Reads;
  assets: () => Assets;
  /** ms since the epoch. */
  now: () => number;
  log: (line: Record<string, unknown>) => void;
}

/** What is answered: a page that the browser takes up, or one that is only to be read. */
interface Made {
  status: number;
  title: string;
  content: Shown | VNode;
}

/** Answers a page of this API. */
export const servePage = (request: Request): Promise<Response> =>
  serve(request, {
    readsFor,
    assets,
    now: Date.now,
    log: line => console.log(JSON.stringify(line)),
  });

/** Answers a page: in the frame to whoever has a session; without one, it leads to where one begins, and back. */
export async function serve(request: Request, ports: Ports): Promise<Response> {
  const url = new URL(request.url);
  try {
    return answerOf(await make(request, url, ports), ports);
  } catch (error) {
    if (error instanceof NobodyYet) return leadTo(signInPath(`${url.pathname}${url.search}`));
    note(ports, url.pathname, error);
    return answerOf({ status: 500, title: '', content: <FailedAlone /> }, ports);
  }
}

async function make(request: Request, url: URL, ports: Ports): Promise<Made> {
  if (url.pathname === SIGN_IN) return signIn(request, url);
  if (url.pathname === '/docs') return { status: 200, title: 'API', content: <Docs /> };
  for (const page of PAGES) {
    const params = paramsOf(page.path, url.pathname);
    if (params) return inFrame(request, url, page, params, ports);
  }
  return { status: 404, title: '', content: <AbsentAlone /> };
}

function signIn(request: Request, url: URL): Made {
  // A browser that comes by another site's link doesn't say its session: from our own page it will.
  const isFromElsewhere = request.headers.get('sec-fetch-site') === 'cross-site';
  const to = ownPath(url.searchParams.get('to') ?? undefined);
  return { status: 200, title: 'Sign in', content: { screen: 'signIn', props: { to, isFromElsewhere } } };
}

async function inFrame(
  request: Request,
  url: URL,
  page: AnyPage,
  params: Record<string, string>,
  ports: Ports,
): Promise<Made> {
  const read = ports.readsFor(request.headers);
  const who = await read.who();
  if (who.is === 'problem') return { status: 503, title: '', content: <NobodyAlone detail={who.detail} /> };
  const [overview, { status, title, ...shown }] = await Promise.all([
    read.overview(),
    screenOf(page, params, url, read, ports),
  ]);
  const now = overview.is === 'read' ? Date.parse(overview.value.now) : ports.now();
  const frame = { now, pathname: url.pathname, who: who.value, overview };
  return { status, title, content: { ...shown, frame } };
}

/** What stands in the frame: the page's screen, or what is to be said in its place. */
async function screenOf(
  page: AnyPage,
  params: Record<string, string>,
  { pathname, search, searchParams }: URL,
  read: Reads,
  ports: Ports,
): Promise<Shown & Pick<Made, 'status' | 'title'>> {
  try {
    checkedIds(params);
    const title = typeof page.title === 'string' ? page.title : page.title(params);
    const query = (name: string) => searchParams.get(name) ?? undefined;
    const loaded = await page.load({ read, params, query, now: ports.now() });
    if (loaded.is === 'read') return { status: 200, title, screen: page.screen, props: loaded.value };
    return { status: 503, title, screen: 'untold', props: { title, detail: loaded.detail } };
  } catch (error) {
    if (error instanceof NobodyYet) throw error;
    if (error instanceof NotThere) return { status: 404, title: '', screen: 'absent', props: {} };
    note(ports, page.path, error);
    return { status: 500, title: '', screen: 'failed', props: { again: `${pathname}${search}` } };
  }
}

/** A page of this moment, for whoever asked, with a nonce of its own. */
function answerOf({ status, title, content }: Made, ports: Ports): Response {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64');
  return new Response(documentOf({ title, content, nonce, assets: ports.assets() }), {
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

function note(ports: Ports, path: string, error: unknown): void {
  const words = error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);
  ports.log({ message: 'a page could not be made', path, error: words });
}
