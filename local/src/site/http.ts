import type { IncomingMessage, ServerResponse } from 'node:http';
import { check } from '@huntaze/core/operations';
import type * as z from 'zod/mini';

export const HTML = 'text/html; charset=utf-8';
export const JAVASCRIPT = 'text/javascript; charset=utf-8';

/** Answers, and says that nothing of it may be kept, unless a header says otherwise. */
export function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  if (!response.hasHeader('cache-control')) response.setHeader('cache-control', 'no-store');
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body);
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', JSON.stringify(body));
}

/** The body as text; undefined when it is larger than `maxBytes`, or doesn't say how large it is. */
export async function readText(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (!(length <= maxBytes)) return undefined;
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** The body as JSON of that shape; undefined when it is none, or larger than `maxBytes`. */
export async function readJsonBody<T>(
  request: IncomingMessage,
  maxBytes: number,
  schema: z.ZodMiniType<T>,
): Promise<T | undefined> {
  const text = await readText(request, maxBytes);
  return text === undefined ? undefined : asJson(text, schema);
}

/** A text as JSON of that shape; undefined when it is none. */
export function asJson<T>(text: string, schema: z.ZodMiniType<T>): T | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const checked = check(schema, json);
  return checked.ok ? checked.value : undefined;
}
