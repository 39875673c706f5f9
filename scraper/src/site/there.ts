import type { Locator } from 'playwright-core';
import { SiteChanged } from '../outcome.ts';
import type { DataPage } from './labels.ts';
import type { Visit } from './visit.ts';

/**
 * Tells a page that has another form from one that is slow: after the time that a part of it had to appear, its heading is
 * shown, its data has come, and of that part there is nothing.
 * @throws SiteChanged naming the part; returns where it is there, or nobody can say
 */
export async function expectThere(
  { session: { page } }: Visit,
  target: DataPage,
  what: string,
  part: Locator,
): Promise<void> {
  const heading = page.getByRole('heading', { name: target.heading, exact: true }).first();
  const isGone = await Promise.all([heading.isVisible(), part.count()]).then(
    ([isShown, count]) => isShown && count === 0,
    // The page is gone with it.
    () => false,
  );
  if (!isGone) return;
  const path = target.called?.path ?? target.path;
  throw new SiteChanged(`the site's page ${path} changed: it has no ${what}`, path, [what]);
}
