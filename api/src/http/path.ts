import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/**
 * A request's target as it can be decoded: where its path has a `%` that begins no escape, or escapes that are no UTF-8,
 * each `%` stands for itself. Such a path names nothing that there is, and gets the answer of whatever isn't there.
 */
function decodable(target: string): string {
  const end = target.search(/[?#]/);
  const path = end === -1 ? target : target.slice(0, end);
  try {
    decodeURIComponent(path);
    return target;
  } catch {
    return path.replaceAll('%', '%25') + target.slice(path.length);
  }
}

/** Next.js answers a path that it can't decode with a page that says 500, before anything of ours: it is given none. */
export function readAllPaths(): void {
  // https://nodejs.org/api/diagnostics_channel.html#event-httpserverrequeststart
  subscribe('http.server.request.start', message => {
    const { request } = message as { request: IncomingMessage };
    if (request.url !== undefined) request.url = decodable(request.url);
  });
}
