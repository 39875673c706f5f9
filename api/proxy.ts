import { NextResponse, type NextRequest } from 'next/server';
import { PATH_HEADER } from './src/console/paths.ts';
import { contentPolicy } from './src/console/policy.ts';

/** Next.js runs this before a page: it says what the page may load, and tells it its own address. */
export function proxy(request: NextRequest): NextResponse {
  const policy = contentPolicy(Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64'));
  const headers = new Headers(request.headers);
  // From here Next.js takes the nonce for its own scripts.
  headers.set('content-security-policy', policy);
  headers.set(PATH_HEADER, `${request.nextUrl.pathname}${request.nextUrl.search}`);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('x-content-type-options', 'nosniff');
  return response;
}

export const config = { matcher: ['/((?!api/|_next/static/).*)'] };
