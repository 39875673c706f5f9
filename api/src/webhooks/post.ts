import { lookup } from 'node:dns/promises';
import { request as requestPlainly } from 'node:http';
import { request as requestByTls, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Clock } from '@huntaze/core/clock';
import { hostOf, isLoopback, isPublic } from './address.ts';

/** One address of a name. */
export interface Address {
  address: string;
  family: number;
}

/** What reaching a receiver takes. */
export interface Way {
  clock: Clock;
  /** On a local installation: this machine may be told. */
  toLoopback: boolean;
  /** All addresses of a name; absent, as the system has it. */
  resolve?: (name: string) => Promise<Address[]>;
}

/** What came of it: a status, whatever it is, or why there is none. */
export type Answer = { status: number } | { why: string };

/** How long a receiver may take, its name's addresses, the connection and the answer's beginning together (ms). */
const ANSWER_MS = 10_000;

/**
 * Posts a body to a receiver. Nothing but the status of the answer is read; a redirect is not followed. The receiver's name
 * is looked up once, and the connection goes to what was found and looked at: a name that leads elsewhere a moment later
 * leads nowhere.
 */
export async function post(
  address: string,
  headers: Record<string, string>,
  body: string,
  { clock, toLoopback, resolve = all }: Way,
): Promise<Answer> {
  const late = new AbortController();
  const answered = new AbortController();
  clock.sleep(ANSWER_MS, answered.signal).then(
    () => late.abort(),
    () => undefined, // answered in time
  );
  try {
    const url = new URL(address);
    const host = hostOf(url);
    const family = isIP(host);
    const found = family === 0 ? await before(late.signal, resolve(host)) : [{ address: host, family }];
    const isAllowed = (one: string) => isPublic(one) || (toLoopback && isLoopback(one));
    if (found.length === 0 || !found.every(one => isAllowed(one.address)))
      return { why: 'its address is not one of the public Internet' };
    return { status: await statusOf(url, headers, body, found, late.signal) };
  } catch (error) {
    if (late.signal.aborted) return { why: `no answer in ${ANSWER_MS / 1_000} s` };
    return { why: `could not be reached (${codeOf(error)})` };
  } finally {
    answered.abort();
  }
}

/** IPv4 first: it is what a task's security group lets out. */
function all(name: string): Promise<Address[]> {
  return lookup(name, { all: true, order: 'ipv4first' });
}

/** Rejects when the signal aborts before. */
function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('late')), { once: true });
    work.then(resolve, reject);
  });
}

function statusOf(
  url: URL,
  headers: Record<string, string>,
  body: string,
  found: Address[],
  signal: AbortSignal,
): Promise<number> {
  const [first] = found as [Address, ...Address[]];
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    // A connection of its own: of what a receiver does with it, nobody else's message knows anything.
    agent: false,
    lookup: (_, { all: wantsAll }, done) =>
      wantsAll ? done(null, found) : done(null, first.address, first.family),
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestByTls : requestPlainly)(url, options);
    request.once('response', response => {
      response.on('error', () => undefined); // it is cut off here
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** What the system or TLS calls it, without the words, which name addresses. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'no reason given';
}
