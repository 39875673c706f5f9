/** What a summary says when nothing was lost, done twice, or out of order, and everything went well. */
export const NOTHING_WRONG = { failed: 0, dead: 0, lost: 0, duplicated: 0, order_inversions: 0 };
