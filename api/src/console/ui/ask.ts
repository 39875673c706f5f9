import { signInPath } from '../paths.ts';

/** How long an answer may take (ms). */
const DEADLINE_MS = 15_000;

/** An answer, or why there is none, in words for people. */
export type Answer<T> = { is: 'answered'; value: T } | { is: 'problem'; detail: string };

/** Asks the API from the page. Whose session has ended is taken to where one begins, and back. */
export async function ask<T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      cache: 'no-store',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch {
    return { is: 'problem', detail: 'The server does not answer. Look whether it runs, then try again.' };
  }
  const json: unknown = await response.json().catch(() => undefined);
  if (response.ok) return { is: 'answered', value: json as T };
  if (response.status === 401 && headers['authorization'] === undefined) {
    const { pathname, search } = window.location;
    window.location.assign(signInPath(`${pathname}${search}`));
  }
  const { detail } = (json ?? {}) as { detail?: string };
  return { is: 'problem', detail: asSentence(detail ?? `the server answers ${response.status}; try again`) };
}

/** A detail as a sentence of its own. */
function asSentence(detail: string): string {
  const begun = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
