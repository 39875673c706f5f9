/** What SQS moved by itself: it was handed over as often as its queue allows. */
export const RECEIVED_TOO_OFTEN = 'received too often';
/** The limiter and the scraper say why, unless a message's attributes leave no room. */
export const NO_REASON = 'no reason given';

/** The scraper's words for an operation that was tried in vain; its last error follows. */
const TRIED = /^\d+ failures, the last one: /;

/** What differs between errors of one cause: whose they are, where, when, how many. */
const KINDS_OF_ERROR: [RegExp, string][] = [
  [/ answered (\d)\d\d\b/, 'the site answered $1xx'],
  [/: no answer\b/, 'the site did not answer'],
  [/ broke off\b/, 'the site’s answer broke off'],
  [/doesn't answer any more/, 'the site did not answer'],
  [/didn't load (its data|more)\b/, 'the page did not load its data'],
  [/must be 1 to 128 letters/, 'an id that can’t be used'],
  [/belongs to another creator|another creator's/, 'the operation is another creator’s'],
];
const MOST_CHARACTERS = 80;

/** The cause of a dead letter in few words, the same for all that died of the same. */
export function causeOf(reason: string | undefined, wasMovedBySqs: boolean): string {
  if (reason === undefined) return wasMovedBySqs ? RECEIVED_TOO_OFTEN : NO_REASON;
  const error = reason.replace(TRIED, '');
  for (const [pattern, words] of KINDS_OF_ERROR) {
    const found = pattern.exec(error);
    if (found) return words.replace('$1', found[1] ?? '');
  }
  return inGeneral(error);
}

/** An error that nobody foresaw, without what is in it of one case alone. */
function inGeneral(error: string): string {
  const words = error
    .split('\n', 1)[0]!
    .replaceAll(/https?:\/\/\S+/g, '…')
    .replaceAll(/(["'`“‘]).*?(["'`”’])(?=\W|$)/g, '…')
    .replaceAll(/(^|\s)\/\S*/g, '$1…')
    // Times, numbers, and ids: whatever has a digit.
    .replaceAll(/[\w.:@-]*\d[\w.:@-]*/g, '…')
    .replaceAll(/…(?:[\s,;]*…)+/g, '…')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return words.slice(0, MOST_CHARACTERS).trim() || NO_REASON;
}
