import type { Endpoint } from '../http/endpoint.ts';

/** An endpoint's answer, read. */
export interface InProcess {
  status: number;
  json: unknown;
  /** Of a problem: what is wrong, in words. */
  detail: string;
}

/** No endpoint looks at it: it only makes the path an address. */
const HERE = 'http://in-process';

/**
 * Asks one of `endpoints` (GET) without HTTP.
 * @param path with its query, segments encoded
 * @param headers of whoever asks: by them the endpoint knows who that is
 */
export async function answerOf(
  endpoints: readonly Endpoint[],
  path: `/api/${string}`,
  headers: Record<string, string>,
): Promise<InProcess> {
  const url = new URL(path, HERE);
  for (const endpoint of endpoints) {
    const { about } = endpoint;
    const params = about.method === 'GET' ? paramsOf(about.path, url.pathname) : undefined;
    if (params === undefined) continue;
    const response = await endpoint.handle(new Request(url, { headers }), params);
    const json: unknown = await response.json();
    return { status: response.status, json, detail: (json as { detail?: string }).detail ?? '' };
  }
  return { status: 501, json: undefined, detail: `this server has no ${url.pathname}` };
}

/** What stands in a path for the `{name}`s of a pattern; undefined: it is another's path. */
export function paramsOf(pattern: string, pathname: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = pathname.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined && part !== given[i]) return undefined;
    if (name === undefined) continue;
    const value = decoded(given[i]!);
    if (value === undefined) return undefined;
    params[name] = value;
  }
  return params;
}

/** Undefined: it is nothing that was ever encoded. */
function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
