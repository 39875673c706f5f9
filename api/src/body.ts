import { badRequest, problem } from './problem.ts';

/** The largest request body, in bytes. */
const MOST_BODY_BYTES = 64 * 1024;

/** The body's JSON, or the answer to send because it has none or too much. */
export async function readJson(request: Request): Promise<{ value: unknown } | { refusal: Response }> {
  const bytes: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES)
      return {
        refusal: problem({
          status: 413,
          title: 'Content Too Large',
          detail: `the body may have at most ${MOST_BODY_BYTES} bytes`,
        }),
      };
    bytes.push(chunk);
  }
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(bytes))) };
  } catch {
    return {
      refusal: badRequest([{ field: 'body', message: 'is not JSON' }]),
    };
  }
}
