import { fit, paint, plain, widthOf, type Line } from './spans.ts';

/** A terminal, or something that stands in for one. */
export interface Screen {
  write(text: string): unknown;
  columns?: number;
  rows?: number;
  isTTY?: boolean;
}

/** Where the terminal doesn't say how large it is. */
const COLUMNS = 80;
const ROWS = 24;

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';
// Before the line: after a line as wide as the terminal, the cursor still stands on its last column.
const ERASE_LINE = '\u001B[K';
const ERASE_BELOW = '\u001B[J';

/** The lowest lines of a terminal, drawn anew in place, with other lines scrolling by above them. */
export interface LiveRegion {
  columns(): number;
  rows(): number;
  /** Writes `above`, to stay, and the region below it: in one go, so that nothing flickers. */
  draw(above: Line[], region: Line[]): void;
  /** Writes a line above the region, which stays as it is. */
  say(line: string): void;
  /** Takes the region away and gives the cursor back. */
  end(): void;
}

/** @param inColour whether colours are written */
export function liveRegion(screen: Screen, inColour: boolean): LiveRegion {
  let shown: string[] = [];
  let frame = '';
  let isHidden = false;
  const columns = () => screen.columns ?? COLUMNS;
  const showCursor = () => void screen.write(SHOW_CURSOR);

  function write(above: string[], region: string[], painted: string[]): void {
    // A terminal that has been made narrower since has broken the lines that were too long for it.
    const up = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns())), 0);
    const next = painted.join('\n');
    if (above.length === 0 && next === frame) return;
    if (up === 0 && region.length === 0) {
      screen.write(`${above.join('\n')}\n`);
      return;
    }
    if (!isHidden && region.length > 0) {
      isHidden = true;
      process.once('exit', showCursor);
    }
    const kept = above.map(line => `${ERASE_LINE}${line}\n`).join('');
    const drawn = painted.map(line => `${ERASE_LINE}${line}\n`).join('');
    // To the line's beginning first: a Ctrl-C has been echoed where the cursor stands.
    screen.write(
      `${isHidden ? HIDE_CURSOR : ''}\r${up > 0 ? `\u001B[${up}A` : ''}${kept}${drawn}${ERASE_BELOW}`,
    );
    shown = region;
    frame = next;
  }

  return {
    columns,
    rows: () => screen.rows ?? ROWS,
    draw(above, region) {
      const fitted = region.map(line => fit(line, columns()));
      write(
        above.map(line => paint(fit(line, columns()), inColour)),
        fitted.map(plain),
        fitted.map(line => paint(line, inColour)),
      );
    },
    say(line) {
      write([line], shown, frame === '' ? [] : frame.split('\n'));
    },
    end() {
      write([], [], []);
      if (!isHidden) return;
      isHidden = false;
      process.off('exit', showCursor);
      showCursor();
    },
  };
}
