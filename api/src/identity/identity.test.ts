import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ManualClock } from '@huntaze/local/aws/manual-clock';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requestLimit } from './request-limit.ts';
import { isAtLeast, isBoundTo } from './roles.ts';
import { endedSessionCookie, presented, sessionCookie } from './session.ts';
import {
  createToken,
  hashOf,
  listTokens,
  revokeToken,
  tokenIdentities,
  type Authenticate,
} from './tokens.ts';

const BUCKET = 'results';
const FIRST = 'the-first-token';
let aws: TestAws;
let clock: ManualClock;
let authenticate: Authenticate;
/** Objects that were asked for. */
let reads: number;

beforeEach(async () => {
  aws = await startTestAws({ buckets: [BUCKET] });
  clock = new ManualClock();
  reads = 0;
  const send = (command: object, ...rest: unknown[]) => {
    if (command instanceof GetObjectCommand) reads += 1;
    return aws.s3.send(command as never, ...(rest as []));
  };
  authenticate = tokenIdentities({ send } as never, { bucket: BUCKET, firstSha256: hashOf(FIRST), clock });
});
afterEach(() => aws.close());

const make = (more: { expiresAt?: Date } = {}) =>
  createToken(
    aws.s3,
    BUCKET,
    { name: 'Ada’s app', role: 'creator', creators: ['ada'], ...more },
    new Date(clock.now()),
  );

test('a token that was made says who it is; it is kept nowhere', async () => {
  const { token, kept } = await make();
  expect(token).toMatch(/^hz_[A-Za-z0-9_-]{43}$/);
  expect(await authenticate(token)).toEqual({
    tokenId: kept.id,
    tokenSha256: hashOf(token),
    role: 'creator',
    creators: ['ada'],
  });
  expect(JSON.stringify(await listTokens(aws.s3, BUCKET))).not.toContain(token);
  expect(await listTokens(aws.s3, BUCKET)).toEqual([kept]);
});

test('the installation’s first token is an operator of all creators, and needs no call', async () => {
  expect(await authenticate(FIRST)).toMatchObject({ tokenId: 'first', role: 'operator', creators: 'all' });
  expect(reads).toBe(0);
});

test('who is nobody is looked up once in a while, and what can be none of ours not at all', async () => {
  const guess = 'hz_guess';
  expect(await authenticate(guess)).toBeUndefined();
  expect(await authenticate(guess)).toBeUndefined();
  expect(reads).toBe(1);
  await clock.advance(5_000);
  await authenticate(guess);
  expect(reads).toBe(2);
  expect(await authenticate('something else')).toBeUndefined();
  expect(reads).toBe(2);
});

test('a token is believed for half a minute; revoked, it lets nobody in after that', async () => {
  const { token, kept } = await make();
  await authenticate(token);
  expect(await revokeToken(aws.s3, BUCKET, kept.id)).toEqual(kept);
  await clock.advance(29_999);
  expect(await authenticate(token)).toBeDefined();
  await clock.advance(1);
  expect(await authenticate(token)).toBeUndefined();
  expect(await revokeToken(aws.s3, BUCKET, kept.id)).toBeUndefined();
});

test('a token expires at its time, also while it is believed', async () => {
  const { token } = await make({ expiresAt: new Date(clock.now() + 10_000) });
  await clock.advance(9_999);
  expect(await authenticate(token)).toBeDefined();
  await clock.advance(1);
  expect(await authenticate(token)).toBeUndefined();
});

test('what lies there and is no token, or another’s, lets nobody in', async () => {
  const put = (sha256: string, Body: string) =>
    aws.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `tokens/${sha256}.json`, Body }));
  await put(hashOf('hz_a'), 'not json');
  await put(hashOf('hz_b'), '{"role":"operator"}');
  const { kept } = await make();
  await put(hashOf('hz_c'), JSON.stringify(kept));
  for (const token of ['hz_a', 'hz_b', 'hz_c']) expect(await authenticate(token)).toBeUndefined();
});

test('an S3 that doesn’t answer is not taken for a token that isn’t there', async () => {
  const { token } = await make();
  aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 's3', action: 'GetObject' }] });
  await expect(authenticate(token)).rejects.toThrow();
  aws.aws.faults.clear();
  expect(await authenticate(token)).toBeDefined();
});

test('roles contain one another, and creators are those that are named', () => {
  expect(isAtLeast('operator', 'creator')).toBe(true);
  expect(isAtLeast('viewer', 'creator')).toBe(false);
  expect(isBoundTo({ creators: 'all' }, 'ada')).toBe(true);
  expect(isBoundTo({ creators: ['ada'] }, 'bea')).toBe(false);
});

test('requests are counted by token, in windows of their own', () => {
  const allow = requestLimit({ limit: 2, windowMs: 1_000 });
  expect([allow('a', 0), allow('a', 1), allow('b', 2), allow('a', 3)].map(one => one.isAllowed)).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(allow('a', 999).isAllowed).toBe(false);
  expect(allow('a', 1_000)).toMatchObject({ isAllowed: true, remaining: 1 });
  // A clock that was set back doesn't lock anybody out.
  expect(allow('a', -5_000).isAllowed).toBe(true);
});

test('a session’s cookie is out of reach of scripts and other sites, and over TLS only where there is TLS', () => {
  const cookie = sessionCookie('hz_ada', true);
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Secure', 'Path=/', 'Max-Age=43200'])
    expect(cookie.split('; ')).toContain(attribute);
  expect(sessionCookie('hz_ada', false)).not.toContain('Secure');
  expect(endedSessionCookie(true)).toContain('Max-Age=0');
  const [pair = ''] = cookie.split(';');
  const request = new Request('https://api.example', { headers: { cookie: `a=b; ${pair}` } });
  expect(presented(request)).toEqual({ token: 'hz_ada', isSession: true });
});

test('a bearer token goes before the session, even when it is none', () => {
  const headers = { cookie: 'huntaze-session=hz_ada', authorization: 'Bearer' };
  expect(presented(new Request('https://api.example', { headers }))).toBeUndefined();
});
