/** So much of a text is read (bytes), and so many lines of it are shown: what a person looks through. */
const [MOST_BYTES, MOST_LINES] = [256 * 1_024, 400];

/** What is shown of a text, and whether that is all. */
export interface Excerpt {
  text: string;
  isWhole: boolean;
}

/** The beginning of a body, as text; the rest isn't read. */
export async function beginningOf(
  body: ReadableStream<Uint8Array>,
  mostBytes = MOST_BYTES,
): Promise<Excerpt> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), isWhole: true };
    const room = mostBytes - bytes;
    text += decoder.decode(value.subarray(0, room), { stream: true });
    bytes += value.length;
    if (value.length <= room) continue;
    await reader.cancel();
    return { text, isWhole: false };
  }
}

/** A text as people read it: JSON with a line for each value, if it is whole; at most some lines of it. */
export function readable({ text, isWhole }: Excerpt, mostLines = MOST_LINES): Excerpt {
  const lines = (isWhole ? pretty(text) : text).split('\n');
  const shown = lines.slice(0, mostLines).join('\n');
  return { text: shown, isWhole: isWhole && lines.length <= mostLines };
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
