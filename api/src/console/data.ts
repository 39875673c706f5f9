import { endpoints } from '../endpoints.ts';
import { answerOf } from './in-process.ts';
import type {
  Audit,
  Creator,
  Delivery,
  History,
  LetterPage,
  Limits,
  Operation,
  OperationPage,
  Overview,
  Token,
  Webhook,
  Who,
} from './types.ts';

/** What was asked for, or why it can't be had just now, in words. */
export type Read<T> = { is: 'read'; value: T } | { is: 'problem'; detail: string };

/** The same, with another form of what was read. */
export function mapRead<T, U>(read: Read<T>, to: (value: T) => U): Read<U> {
  return read.is === 'read' ? { is: 'read', value: to(read.value) } : read;
}

/** What was read; undefined: it can't be had just now, and what is shown goes without. */
export const ifRead = <T>(read: Read<T>): T | undefined => (read.is === 'read' ? read.value : undefined);

/** Whoever asks has no session. */
export class NobodyYet extends Error {}
/** There is no such thing, or not for whoever asks. */
export class NotThere extends Error {}

/**
 * Reads for a page what the endpoints of this API answer to whoever opened it, in this process: the same checks as over
 * HTTP, without HTTP.
 */
export type Reads = ReturnType<typeof readsFor>;

/**
 * @param headers of the request for the page
 * @returns each throws NobodyYet without a session, NotThere for what there isn't
 */
export function readsFor(headers: Headers) {
  async function read<T>(path: `/api/${string}`): Promise<Read<T>> {
    const found = await readIfAny(path);
    if (found === undefined) throw new NotThere();
    return found as Read<T>;
  }
  /** The same of what there need not be; undefined: there is none. */
  async function readIfAny(path: `/api/${string}`): Promise<Read<unknown> | undefined> {
    const authorization = headers.get('authorization');
    const answer = await answerOf(endpoints, path, {
      cookie: headers.get('cookie') ?? '',
      ...(authorization !== null && { authorization }),
    });
    if (answer.status === 401) throw new NobodyYet();
    if (answer.status === 404) return undefined;
    if (answer.status >= 400) return { is: 'problem', detail: answer.detail };
    return { is: 'read', value: answer.json };
  }
  return {
    /** Who has opened the page. */
    who: () => read<Who>('/api/session'),
    overview: () => read<Overview>('/api/onlyfans/overview'),
    history: (minutes: number) => read<History>(`/api/onlyfans/history?minutes=${minutes}`),
    limits: () => read<Limits>('/api/onlyfans/limits'),
    creator: (id: string) => read<Creator>(`/api/onlyfans/creators/${encodeURIComponent(id)}`),
    operations: (query: Record<string, string>) =>
      read<OperationPage>(`/api/onlyfans/operations?${new URLSearchParams(query).toString()}`),
    operation: (id: string) => read<Operation>(`/api/onlyfans/operations/${encodeURIComponent(id)}`),
    letters: (query: string) =>
      read<LetterPage>(`/api/onlyfans/dead-letters${query === '' ? '' : `?${query}`}`),
    audit: (day: string) => read<Audit>(`/api/audit?day=${day}`),
    tokens: () => read<{ tokens: Token[] }>('/api/tokens'),
    deliveries: () => read<{ deliveries: Delivery[] }>('/api/webhook/deliveries?state=dead&limit=200'),
    webhook: () => readIfAny('/api/webhook') as Promise<Read<Webhook> | undefined>,
  };
}
