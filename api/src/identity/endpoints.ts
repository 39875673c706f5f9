import { noteWebhook } from '@huntaze/core/lua';
import * as z from 'zod/mini';
import { recorded } from '../audit/audit.ts';
import type { Api } from '../compose.ts';
import { endpoint, type Endpoint } from '../http/endpoint.ts';
import { forAll } from '../http/endpoint.ts';
import { notFound, unavailable } from '../http/problem.ts';
import { ROLES, type Identity } from './roles.ts';
import { endedSessionCookie, presented, sessionCookie } from './session.ts';
import { createToken, listTokens, revokeToken, askedToken, shownToken, type KeptToken } from './tokens.ts';

const TAG = 'Session';

/** Who is asking, as far as the token tells. */
const whoever = z.strictObject({
  token_id: z.string(),
  role: z.enum(ROLES),
  creators: z.union([z.literal('all'), z.array(z.string())]),
});

/** The endpoints under /api/session. */
export function sessionEndpoints(api: () => Api) {
  const begin = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/session',
      tag: TAG,
      summary: 'Begin a session of the console',
      description:
        'Sent with the token as a bearer; the answer sets the cookie by which the browser is known.',
      role: 'viewer',
      answers: {
        200: {
          description: 'The session has begun',
          schema: whoever,
          headers: { 'Set-Cookie': 'The session' },
        },
      },
    },
    async ({ request, identity }) => {
      const { token = '' } = presented(request) ?? {};
      return Response.json(shown(identity), {
        headers: { 'set-cookie': sessionCookie(token, isSecure(request)) },
      });
    },
  );

  const read = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/session',
      tag: TAG,
      summary: 'Who is asking',
      role: 'viewer',
      answers: { 200: { description: 'The token’s role and creators', schema: whoever } },
    },
    async ({ identity }) => Response.json(shown(identity)),
  );

  const end = endpoint(
    api,
    {
      method: 'DELETE',
      path: '/api/session',
      tag: TAG,
      summary: 'End the session of the console',
      role: 'viewer',
      answers: { 204: { description: 'It has ended', headers: { 'Set-Cookie': 'Nothing' } } },
    },
    async ({ request }) =>
      new Response(null, {
        status: 204,
        headers: { 'set-cookie': endedSessionCookie(isSecure(request)) },
      }),
  );

  return { begin, read, end } satisfies Record<string, Endpoint>;
}

/** The endpoints under /api/tokens: for operators of everything. */
export function tokenEndpoints(api: () => Api) {
  const create = endpoint(
    api,
    {
      method: 'POST',
      path: '/api/tokens',
      tag: 'Tokens',
      summary: 'Make a token',
      description: 'The answer has the token; nobody can say it again.',
      role: 'operator',
      body: askedToken,
      answers: {
        201: {
          description: 'It is made',
          schema: z.strictObject({ token: z.string(), ...shownToken.shape }),
        },
      },
    },
    async ({ identity, body, now }) => {
      forAll(identity);
      const { s3, env } = api();
      const expiresAt = body.expires_at === undefined ? undefined : new Date(body.expires_at);
      const made = await fromStore(
        createToken(s3, env.RESULTS_BUCKET, { ...body, expiresAt }, new Date(now)),
      );
      return Response.json({ token: made.token, ...shownOf(made.kept) }, { status: 201 });
    },
  );

  const list = endpoint(
    api,
    {
      method: 'GET',
      path: '/api/tokens',
      tag: 'Tokens',
      summary: 'All tokens, the oldest first',
      role: 'operator',
      answers: {
        200: { description: 'Without themselves', schema: z.strictObject({ tokens: z.array(shownToken) }) },
      },
    },
    async ({ identity }) => {
      forAll(identity);
      const tokens = await fromStore(listTokens(api().s3, api().env.RESULTS_BUCKET));
      return Response.json({ tokens: tokens.map(shownOf) });
    },
  );

  const revoke = endpoint(
    api,
    {
      method: 'DELETE',
      path: '/api/tokens/{id}',
      tag: 'Tokens',
      summary: 'Revoke a token',
      description: 'Nobody is let in with it any more, half a minute later at the latest.',
      role: 'operator',
      params: z.strictObject({ id: z.string() }),
      answers: { 200: { description: 'What was revoked', schema: shownToken } },
    },
    async ({ identity, params, now }) => {
      forAll(identity);
      const { s3, env, redis } = api();
      const revoked = await recorded(
        api(),
        { token_id: identity.tokenId, action: 'token.revoke', on: `token ${params.id}` },
        now,
        async () => {
          const kept = await fromStore(revokeToken(s3, env.RESULTS_BUCKET, params.id));
          if (kept === undefined) throw notFound('token');
          // The webhook has ended with it. What Redis still knows of it, should it be out of reach, does nothing.
          await noteWebhook(redis, kept.id, false).catch(() => undefined);
          return shownOf(kept);
        },
      );
      return Response.json(revoked);
    },
  );

  return { create, list, revoke } satisfies Record<string, Endpoint>;
}

function shownOf(kept: KeptToken): z.infer<typeof shownToken> {
  const { id, created_at, name, role, creators, expires_at } = kept;
  return { id, created_at, name, role, creators, ...(expires_at !== undefined && { expires_at }) };
}

/** @throws Refusal 503 */
async function fromStore<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw unavailable('the tokens can not be reached; try again', error);
  }
}

function shown({ tokenId, role, creators }: Identity): z.infer<typeof whoever> {
  return { token_id: tokenId, role, creators: creators === 'all' ? 'all' : [...creators] };
}

/** Whether the browser came by TLS: to this server, or to the load balancer before it. */
function isSecure(request: Request): boolean {
  const forwarded = request.headers.get('x-forwarded-proto');
  return (forwarded ?? new URL(request.url).protocol).startsWith('https');
}
