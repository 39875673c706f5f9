import { isSafeId } from '@huntaze/core/ids';
import { headers } from 'next/headers';
import { notFound, redirect } from 'next/navigation';
import { cache } from 'react';
import { endpoints } from '../endpoints.ts';
import { PATH_HEADER, signInPath } from './paths.ts';
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

/**
 * What an endpoint of this API answers to whoever opened the page, asked in this process: the same checks as over HTTP,
 * without HTTP. Without a session, the page becomes the sign-in page; what there isn't, the one that says so.
 */
async function read<T>(path: `/api/${string}`): Promise<Read<T>> {
  const found = await readIfAny(path);
  if (found === undefined) notFound();
  return found as Read<T>;
}

/** The same of what there need not be; undefined: there is none. */
async function readIfAny(path: `/api/${string}`): Promise<Read<unknown> | undefined> {
  const asked = await headers();
  const answer = await answerOf(endpoints, path, {
    cookie: asked.get('cookie') ?? '',
    ...(asked.get('authorization') !== null && { authorization: asked.get('authorization')! }),
  });
  if (answer.status === 401) redirect(signInPath(asked.get(PATH_HEADER) ?? '/'));
  if (answer.status === 404) return undefined;
  if (answer.status >= 400) return { is: 'problem', detail: answer.detail };
  return { is: 'read', value: answer.json };
}

/** Who has opened the page. One answer for a whole page. */
export const whoIs = cache(() => read<Who>('/api/session'));

export const readOverview = cache(() => read<Overview>('/api/onlyfans/overview'));
export const readHistory = (minutes: number) => read<History>(`/api/onlyfans/history?minutes=${minutes}`);
export const readLimits = () => read<Limits>('/api/onlyfans/limits');
export const readCreator = (id: string) => read<Creator>(`/api/onlyfans/creators/${encodeURIComponent(id)}`);
export const readOperations = (query: Record<string, string>) =>
  read<OperationPage>(`/api/onlyfans/operations?${new URLSearchParams(query).toString()}`);
export const readOperation = (id: string) =>
  read<Operation>(`/api/onlyfans/operations/${encodeURIComponent(id)}`);
export const readLetters = (query: string) =>
  read<LetterPage>(`/api/onlyfans/dead-letters${query === '' ? '' : `?${query}`}`);
export const readAudit = (day: string) => read<Audit>(`/api/audit?day=${day}`);
export const readTokens = () => read<{ tokens: Token[] }>('/api/tokens');
export const readDeliveries = () =>
  read<{ deliveries: Delivery[] }>('/api/webhook/deliveries?state=dead&limit=200');

export const readWebhook = () => readIfAny('/api/webhook') as Promise<Read<Webhook> | undefined>;

/** An id out of a page's address. What can't be one leads to the page that says that there is none. */
export function segment(given: string): string {
  let id: string;
  try {
    id = decodeURIComponent(given);
  } catch {
    notFound();
  }
  if (!isSafeId(id)) notFound();
  return id;
}
