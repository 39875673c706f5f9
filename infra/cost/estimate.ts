import { DAYS_A_MONTH } from './factors.ts';
import { ownMetrics, PRICED, scraperTasks, type Tasks } from './fixed.ts';
import { FREE } from './free.ts';
import { gathered, usdOf, type Line } from './lines.ts';
import type { Region } from './prices.ts';
import type { Template } from './template.ts';
import type { Demand } from './usage.ts';
import { workLines } from './work.ts';

/** What is to be estimated, beside the template. */
export interface Question extends Omit<Demand, 'tasks'> {
  region: Region;
  tasks: Tasks;
}

/** A month's cost. */
export interface Estimate {
  lines: (Line & { usd: number })[];
  /** US dollars a month, and of that what is there without any work. */
  total: number;
  always: number;
  /** US dollars; undefined where nothing is asked for. */
  per1000: number | undefined;
}

/** A resource of the template has no price, and isn't known to be free. */
export class UnknownResource extends Error {
  override readonly name = 'UnknownResource';
}

/**
 * What the resources of a template cost by being there.
 * @throws UnknownResource that names a type of which nobody says what it costs
 */
export function fixedLines(template: Template, tasks: Tasks): Line[] {
  return Object.entries(template.Resources).flatMap(([id, resource]) => {
    const { Type } = resource;
    const priced = PRICED[Type];
    if (priced) return priced(resource, id, template, tasks);
    if (Object.hasOwn(FREE, Type)) return [];
    throw new UnknownResource(
      `${Type} (${id}) has no price: infra/cost/fixed.ts must say it, or free.ts why there is none`,
    );
  });
}

/**
 * What an installation costs in a month.
 * @throws UnknownResource that names a type of which nobody says what it costs
 */
export function estimate(template: Template, question: Question): Estimate {
  const { region, tasks } = question;
  const resources = fixedLines(template, tasks);
  const work = workLines(template, { ...question, tasks: scraperTasks(template, tasks) });
  const lines = gathered([...resources, ownMetrics(), ...work]).map(line => ({
    ...line,
    usd: usdOf(line, region),
  }));
  const sum = (some: readonly { usd: number }[]) => some.reduce((all, { usd }) => all + usd, 0);
  const total = sum(lines);
  const operations = question.operationsPerDay * DAYS_A_MONTH;
  return {
    lines,
    total,
    always: sum(lines.filter(({ group }) => group === 'always')),
    per1000: operations === 0 ? undefined : (total / operations) * 1_000,
  };
}
