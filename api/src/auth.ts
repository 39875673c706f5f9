import { createHash, timingSafeEqual } from 'node:crypto';
import { problem } from './problem.ts';

/** Undefined if the request carries the bearer token whose SHA-256 is given; else the answer to send. */
export function refuseStranger(request: Request, tokenSha256: string): Response | undefined {
  const token = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  // Hashes have one length, so that the comparison tells nothing, not even how long the token is.
  const given = createHash('sha256')
    .update(token ?? '')
    .digest();
  if (token !== undefined && timingSafeEqual(given, Buffer.from(tokenSha256, 'hex'))) return undefined;
  return problem({
    status: 401,
    title: 'Unauthorized',
    detail:
      token === undefined
        ? 'send the token in the header "Authorization: Bearer TOKEN"'
        : 'the token is not known; check it for a missing character',
    headers: { 'www-authenticate': 'Bearer' },
  });
}
