/** What AWS's requests are nested, several times over. */
const MAX_DEPTH = 32;
/** Below this even nothing but brackets takes little memory once it is parsed. */
const HARMLESS_BYTES = 65_536;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether a JSON text is nested deeper than any request. Parsed, each bracket takes 50 times its own size:
 * a body of nothing else would take hundreds of megabytes.
 */
export function isTooDeep(json: Buffer): boolean {
  if (json.length < HARMLESS_BYTES) return false;
  let depth = 0;
  for (let i = 0; i < json.length; i += 1) {
    const byte = json[i];
    if (byte === QUOTE) i = endOfString(json, i);
    else if (byte === 0x5b || byte === 0x7b) depth += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** Where the string that begins at `start` ends; the text's end if it doesn't. */
function endOfString(json: Buffer, start: number): number {
  for (let end = json.indexOf(QUOTE, start + 1); end !== -1; end = json.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return json.length;
}
