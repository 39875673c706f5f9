/** Which rows of a long list are in the page: those in view, and some on either side. */
export interface Rows {
  from: number;
  /** The first that isn't. */
  to: number;
}

/** So many rows beyond what is seen, on either side: a wheel's turn shows no gap. */
const BEYOND = 12;

/**
 * The rows of `count` that are to be in the page.
 * @param top where the list begins, px from the upper edge of the view; negative once it is scrolled past
 * @param view height of the view, px
 * @param row height of a row, px
 */
export function rowsInView(top: number, view: number, row: number, count: number): Rows {
  const first = Math.floor(-top / row) - BEYOND;
  const last = Math.ceil((view - top) / row) + BEYOND;
  const from = Math.min(Math.max(0, first), Math.max(0, count - 1));
  return { from, to: Math.max(from, Math.min(count, last)) };
}
