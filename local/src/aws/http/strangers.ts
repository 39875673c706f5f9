import type { IncomingMessage } from 'node:http';

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\]|[a-z0-9-]+(\.[a-z0-9-]+)*\.localhost)(:\d{1,5})?$/i;

/**
 * Whether a request comes from a page in this machine's browser. Nothing here is for pages, and no signature
 * is checked, so any page could otherwise read a secret or set a fault plan: by a request that is sent to
 * strangers (those carry Origin, or Sec-Fetch-Site), or by a name of its own that it has resolve to
 * 127.0.0.1 (those carry that name as Host).
 */
export function isFromAPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return (
    headers.origin !== undefined ||
    (site !== undefined && site !== 'none') ||
    (headers.host !== undefined && !LOOPBACK.test(headers.host))
  );
}
