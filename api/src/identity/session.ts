/** The console's session: the token itself, where no script of the page and no other site can read it. */
const NAME = 'huntaze-session';
/** As long as a day's work (s). */
const SESSION_SECONDS = 12 * 3_600;

/** The header that begins a session. `secure`: the browser reaches the API by TLS. */
export function sessionCookie(token: string, secure: boolean): string {
  return cookie(token, SESSION_SECONDS, secure);
}

/** The header that ends it. */
export function endedSessionCookie(secure: boolean): string {
  return cookie('', 0, secure);
}

function cookie(value: string, maxAge: number, secure: boolean): string {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Strict', `Max-Age=${maxAge}`];
  return [`${NAME}=${value}`, ...attributes, ...(secure ? ['Secure'] : [])].join('; ');
}

/** What a request says who it is from. */
export interface Presented {
  token: string;
  /** From the cookie: the browser sends it by itself, so that whoever makes it ask has to be looked at. */
  isSession: boolean;
}

/** The bearer token, or else the session's; undefined: neither. */
export function presented(request: Request): Presented | undefined {
  const authorization = request.headers.get('authorization');
  if (authorization !== null) {
    const token = /^Bearer ([!-~]{1,512})$/i.exec(authorization)?.[1];
    return token === undefined ? undefined : { token, isSession: false };
  }
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const [name, ...rest] = pair.trim().split('=');
    const token = rest.join('=');
    if (name === NAME && /^[!-~]{1,512}$/.test(token)) return { token, isSession: true };
  }
  return undefined;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request that came with a session was made by another site's page. SameSite keeps those away already; the
 * browser's own word, where it gives one, and the origin are a second lock.
 */
export function isForged(request: Request): boolean {
  if (SAFE.has(request.method)) return false;
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site !== 'same-origin';
  const origin = request.headers.get('origin');
  return origin === null || URL.parse(origin)?.host !== request.headers.get('host');
}
