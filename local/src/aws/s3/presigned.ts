import { accessDenied, badPresignedQuery } from './errors.ts';

const REQUIRED = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-Date',
  'X-Amz-SignedHeaders',
  'X-Amz-Expires',
];
const MAX_EXPIRES_SECONDS = 604_800;
/** How far ahead of ours the clock of whoever signed may be. Milliseconds. */
const MAX_AHEAD_MS = 15 * 60_000;

/**
 * Whether a presigned URL is complete and still good. Its signature isn't checked: no signature is, since
 * whoever reaches the port is the account.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @throws AuthorizationQueryParametersError; AccessDenied once it has expired
 */
export function checkPresigned(query: URLSearchParams, now: number): void {
  if (REQUIRED.some(name => !query.get(name)))
    throw badPresignedQuery(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  if (query.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256')
    throw badPresignedQuery('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"');
  const expires = query.get('X-Amz-Expires') ?? '';
  if (!/^\d{1,9}$/.test(expires)) throw badPresignedQuery('X-Amz-Expires should be a number');
  if (Number(expires) > MAX_EXPIRES_SECONDS)
    throw badPresignedQuery(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${MAX_EXPIRES_SECONDS} seconds`,
    );
  const signedAt = readDate(query.get('X-Amz-Date') ?? '');
  if (signedAt > now + MAX_AHEAD_MS) throw accessDenied('Request is not valid yet');
  const expiresAt = signedAt + Number(expires) * 1_000;
  if (now > expiresAt)
    throw accessDenied('Request has expired', {
      'X-Amz-Expires': expires,
      Expires: iso(expiresAt),
      ServerTime: iso(now),
    });
}

function iso(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

function readDate(date: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  const time =
    parts === null
      ? Number.NaN
      : Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}Z`);
  if (Number.isNaN(time))
    throw badPresignedQuery("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  return time;
}
