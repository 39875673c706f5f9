import { CODE_ASKED } from '@huntaze/core/one-time-code';
import type { Locator } from 'playwright-core';
import { NeedsLogin } from '../outcome.ts';
import { CODE } from './labels.ts';
import { FORM_TIMEOUT_MS, giveBack, isIn, submit } from './submit.ts';
import type { Visit } from './visit.ts';

/** Codes that are typed into one page: sites lock accounts after some more. */
const MOST_CODES = 3;

/**
 * Gives the page that asks for a one-time code those that a person enters, until the site takes one. The page stays open
 * meanwhile, and no slot is held: it is taken for each button that is pressed, as for the login's.
 * @throws NeedsLogin when the site takes none, or none is entered in time; and what {@link CodeDesk.code} throws
 */
export async function giveCode(visit: Visit): Promise<void> {
  const { session, operation, codes } = visit;
  const box = session.page.getByLabel(CODE.code, { exact: true });
  session.secret = box;
  for (let tries = 1; ; tries += 1) {
    await giveBack(visit);
    if (tries > MOST_CODES) throw new NeedsLogin(`${CODE_ASKED}, and took none of ${MOST_CODES}`);
    await write(visit, box, await codes.code(operation, tries > 1));
    const { landed } = await submit(visit, CODE);
    if (isIn(landed)) return codes.letIn(operation);
    if (landed?.path === CODE.path) continue;
    await giveBack(visit);
    throw new NeedsLogin(`${CODE_ASKED}, and let nobody in with it: the login has to begin anew`);
  }
}

async function write({ operation: { signal } }: Visit, box: Locator, code: string): Promise<void> {
  try {
    await box.fill(code, { timeout: FORM_TIMEOUT_MS, signal });
  } catch {
    // The error would show what was typed.
    signal.throwIfAborted();
    throw new NeedsLogin(`${CODE.path} shows a page that isn't known`);
  }
}
