/** How a piece of text looks where colours are wanted. */
type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** A line for a person: pieces of text, each plain or in a style. */
export type Line = (string | { text: string; style: Style })[];

const CODES: Record<Style, string> = { bold: '1', dim: '2', green: '32', red: '31', yellow: '33' };
/** Control characters: what a site answers ends up in reasons, and must not steer the terminal. */
const CONTROLS = /\p{Cc}+|[\u2028\u2029\u202A-\u202E\u2066-\u2069]+/gu;
/** What takes two columns: East Asian scripts and most pictures. */
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;
const graphemes = new Intl.Segmenter();

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}

/** The line, cut with "…" so that it takes at most `columns`, and with spaces for control characters. */
export function fit(line: Line, columns: number): Line {
  const clean = line.map(piece => restyled(piece, textOf(piece).replaceAll(CONTROLS, ' ')));
  if (widthOf(plain(clean)) <= columns) return clean;
  const short: Line = [];
  let room = columns - 1;
  for (const piece of clean) {
    let kept = '';
    for (const { segment } of graphemes.segment(textOf(piece))) {
      room -= widthOf(segment);
      if (room < 0) return [...short, restyled(piece, kept), '…'];
      kept += segment;
    }
    short.push(restyled(piece, kept));
  }
  return short;
}

/** The line as it is written, with colours or without. */
export function paint(line: Line, inColour: boolean): string {
  if (!inColour) return plain(line);
  return line
    .filter(piece => textOf(piece) !== '')
    .map(piece => (typeof piece === 'string' ? piece : `\u001B[${CODES[piece.style]}m${piece.text}\u001B[0m`))
    .join('');
}

/** The line without its looks. */
export function plain(line: Line): string {
  return line.map(textOf).join('');
}

function textOf(piece: Line[number]): string {
  return typeof piece === 'string' ? piece : piece.text;
}

function restyled(piece: Line[number], text: string): Line[number] {
  return typeof piece === 'string' ? text : { ...piece, text };
}
