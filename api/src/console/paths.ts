/** Where a page is without a session sends whoever opens it. */
export const SIGN_IN = '/sign-in';

/** The page of one creator; `id` in any form is kept within its segment. */
export const creatorPath = (id: string) => `/creators/${encodeURIComponent(id)}`;
/** The page of one operation. */
export const operationPath = (id: string) => `/operations/${encodeURIComponent(id)}`;

/** Where to sign in, and come back from. */
export function signInPath(to: string): string {
  return to === '/' ? SIGN_IN : `${SIGN_IN}?to=${encodeURIComponent(to)}`;
}

/**
 * Where somebody goes after signing in: to a page of ours, whatever the address says. What isn't one (another host, a
 * scheme, `//host`, `/\host`) is the first page.
 */
export function ownPath(to: string | undefined): string {
  if (to === undefined || !to.startsWith('/') || to.length > 1_000) return '/';
  const HOST = 'https://console.invalid';
  const url = URL.parse(to, HOST);
  if (url === null || url.origin !== HOST || url.pathname.startsWith('//') || url.pathname === SIGN_IN)
    return '/';
  return `${url.pathname}${url.search}`;
}

/** Whether a page of the navigation is the one that is open, or leads to it. */
export function isHere(href: string, pathname: string): boolean {
  return href === '/' ? pathname === '/' : pathname === href || pathname.startsWith(`${href}/`);
}
