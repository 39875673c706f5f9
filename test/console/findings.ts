import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds wrong, in a line each. */
export async function findings(page: Page): Promise<string[]> {
  // A rule of DevTools, to which the page’s own policy doesn't apply.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const here = window as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await here.axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  });
}
