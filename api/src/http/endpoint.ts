import { check } from '@huntaze/core/operations';
import type * as z from 'zod/mini';
import { isAtLeast, isBoundTo, type Identity, type Role } from '../identity/roles.ts';
import type { Allowance } from '../identity/request-limit.ts';
import { isForged, presented } from '../identity/session.ts';
import { readJson } from './body.ts';
import { badRequest, notFound, problemResponse, Refusal, unavailable } from './problem.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One answer that an endpoint gives, as its documentation has it. */
export interface Answer {
  description: string;
  /** Of its JSON; absent where it has none. */
  schema?: z.ZodMiniType;
  /** Where it isn't JSON. */
  contentType?: string;
  headers?: Record<string, string>;
}

/** What is said of an endpoint: from this it is checked and documented. */
export interface About<Params, Query, Body> {
  method: Method;
  /** With parameters as `{name}`. */
  path: `/api/${string}`;
  /** One line: what it does. */
  summary: string;
  /** What else there is to know. */
  description?: string;
  /** Under which heading it is documented. */
  tag: string;
  /** Who may ask. */
  role: Role;
  params?: z.ZodMiniType<Params>;
  query?: z.ZodMiniType<Query>;
  body?: z.ZodMiniType<Body>;
  /** Headers of its own that a request may have: name, and what it is for. */
  headers?: Record<string, string>;
  /** The largest body (bytes). */
  mostBytes?: number;
  /** By status; those that every endpoint can give are added. */
  answers: Record<number, Answer>;
}

/** One request that has passed all checks. */
export interface Asked<Params, Query, Body> {
  request: Request;
  identity: Identity;
  params: Params;
  query: Query;
  body: Body;
  /** ms since the epoch. */
  now: number;
}

/** What every endpoint needs to let somebody in. */
export interface Door {
  authenticate(token: string): Promise<Identity | undefined>;
  allow(tokenId: string, now: number): Allowance;
  now(): number;
  log(line: Record<string, unknown>): void;
}

/** An endpoint as the server runs it. */
export interface Endpoint {
  about: About<unknown, unknown, unknown>;
  handle(request: Request, params: Record<string, string>): Promise<Response>;
}

/** A body's usual bound (bytes). */
export const MOST_BODY_BYTES = 64 * 1_024;

/**
 * An endpoint: who asks is known, may ask, and asks for something that can be read, before `handle` runs. What it throws
 * is answered as a problem; what isn't a {@link Refusal} is ours, logged, and said without its insides.
 * @param door how one is let in, asked at each request
 */
export function endpoint<Params = unknown, Query = unknown, Body = unknown>(
  door: () => Door,
  about: About<Params, Query, Body>,
  handle: (asked: Asked<Params, Query, Body>) => Promise<Response>,
): Endpoint {
  return {
    about,
    async handle(request, given) {
      const at = door();
      let allowance: Allowance | undefined;
      try {
        const identity = await letIn(at, request, about.role);
        const now = at.now();
        allowance = at.allow(identity.tokenId, now);
        if (!allowance.isAllowed) throw tooMany(allowance);
        const params = read(about.params, given, () => notFound('path'));
        const search = new URL(request.url).searchParams;
        const query = read(about.query, Object.fromEntries(search), badRequest);
        const body = about.body
          ? read(about.body, await readJson(request, about.mostBytes ?? MOST_BODY_BYTES), badRequest)
          : (undefined as Body);
        const response = await handle({ request, identity, params, query, body, now });
        return withHeaders(response, allowance);
      } catch (error) {
        const refusal = error instanceof Refusal ? error : ours(at, about, error);
        if (refusal.cause !== undefined)
          at.log({ message: refusal.message, path: about.path, error: inWords(refusal.cause) });
        return withHeaders(problemResponse(refusal.problem), allowance);
      }
    },
  };
}

function read<T>(
  schema: z.ZodMiniType<T> | undefined,
  value: unknown,
  refuse: (faults: { field: string; message: string }[]) => Refusal,
): T {
  if (schema === undefined) return undefined as T;
  const checked = check(schema, value);
  if (checked.ok) return checked.value;
  throw refuse(checked.faults);
}

/** @throws Refusal: nobody, somebody who may not, or a request that another site's page has made */
async function letIn(at: Door, request: Request, asked: Role): Promise<Identity> {
  const unauthorized = (detail: string) =>
    new Refusal({
      status: 401,
      title: 'Unauthorized',
      detail,
      headers: { 'www-authenticate': 'Bearer' },
    });
  const given = presented(request);
  if (given === undefined) throw unauthorized('send the token in the header "Authorization: Bearer TOKEN"');
  if (given.isSession && isForged(request))
    throw new Refusal({
      status: 403,
      title: 'Forbidden',
      detail: 'with a session, only the console’s own pages may ask for a change',
    });
  let identity: Identity | undefined;
  try {
    identity = await at.authenticate(given.token);
  } catch (error) {
    throw unavailable('the token can’t be checked just now; try again', error);
  }
  if (identity === undefined)
    throw unauthorized('the token is not known, or no longer; check it for a missing character');
  if (!isAtLeast(identity.role, asked))
    throw new Refusal({
      status: 403,
      title: 'Forbidden',
      detail: `this token is a ${identity.role}’s; ${asked === 'operator' ? 'an operator’s' : `a ${asked}’s`} is needed`,
    });
  return identity;
}

function tooMany({ limit, windowSeconds, resetSeconds }: Allowance): Refusal {
  return new Refusal({
    status: 429,
    title: 'Too Many Requests',
    detail: `this token may make ${limit} requests in ${windowSeconds} s; go on in ${resetSeconds} s`,
    headers: { 'retry-after': String(resetSeconds) },
  });
}

function inWords(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : JSON.stringify(cause);
}

/** A fault of ours. */
function ours(at: Door, { path }: { path: string }, error: unknown): Refusal {
  at.log({
    message: 'request failed',
    path,
    error: error instanceof Error ? (error.stack ?? error.message) : inWords(error),
  });
  return new Refusal({
    status: 500,
    title: 'Internal Server Error',
    detail: 'something went wrong here, and was logged',
  });
}

/** The token's own limit, as the IETF's draft has it (draft-ietf-httpapi-ratelimit-headers). */
function withHeaders(response: Response, allowance: Allowance | undefined): Response {
  if (allowance) {
    const { limit, windowSeconds, remaining, resetSeconds } = allowance;
    response.headers.set('ratelimit-policy', `"requests";q=${limit};w=${windowSeconds}`);
    response.headers.set('ratelimit', `"requests";r=${remaining};t=${resetSeconds}`);
  }
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
  response.headers.set('x-content-type-options', 'nosniff');
  return response;
}

/** @throws Refusal 404 where the identity isn't bound to the creator: it doesn't learn that there is one */
export function bound(identity: Identity, creatorId: string, what: string): void {
  if (!isBoundTo(identity, creatorId)) throw notFound(what);
}

/** @throws Refusal 403 for what concerns everybody, from a token that is bound to some */
export function forAll(identity: Identity): void {
  if (identity.creators === 'all') return;
  throw new Refusal({
    status: 403,
    title: 'Forbidden',
    detail: 'this concerns all creators, and this token is bound to some',
  });
}
