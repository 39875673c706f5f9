/**
 * What is agreed on one-time codes: a site may ask for one after email and password, and only a person has it, who enters
 * it while the login waits.
 */

/** What a code may be: it is typed into a page, and lies in Redis for minutes. */
export const ONE_TIME_CODE = /^[A-Za-z0-9]{4,12}$/;

/** What {@link ONE_TIME_CODE} accepts, in words, for error messages. */
export const ONE_TIME_CODE_RULE = '4 to 12 letters or digits';

/**
 * How long a login waits for a code, with its page open (ms). A person has to see it, take up a phone and type: two
 * minutes, mostly. Meanwhile the creator's others, and one lane of the task, wait as well.
 */
export const CODE_WAIT_MS = 180_000;

/**
 * How long a code is kept that nobody has taken (ms). A code by SMS is good for five to ten minutes, one of an app for a
 * half; and within so much a creator that was halted for less than 50 minutes is looked at again (a message of it is out
 * of sight for a tenth of that time).
 */
export const CODE_KEPT_MS = 300_000;

/** How every reason begins for which a creator is halted because of a code. */
export const CODE_ASKED = 'the site asks for a one-time code';

/** Whether a creator that is halted for this reason waits for a code. */
export function isAboutCode(why: string): boolean {
  return why.startsWith(CODE_ASKED);
}
