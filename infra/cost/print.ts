import type { Choice } from './choices.ts';
import type { Estimate, Question } from './estimate.ts';
import { datesOf, PRICES } from './prices.ts';
import { differenceText, grouped, usdText } from './shown.ts';
import { MOST_RESOURCES } from './template.ts';

export interface Answer {
  stage: string;
  question: Question;
  estimate: Estimate;
  choices: Choice[];
  /** Of the template. */
  resources: number;
}

/** What a reader has to know about the figures; a line each. */
export function warnings({ question, resources, estimate }: Answer): string[] {
  const unsourced = estimate.lines.filter(
    ({ price }) => PRICES[price].rates[question.region].unsourced !== undefined,
  );
  const usd = unsourced.reduce((sum, line) => sum + line.usd, 0);
  return [
    ...(unsourced.length > 0
      ? [
          `$ ${usdText(usd)} of it (${unsourced.map(({ what }) => what).join(', ')}) by a price that was derived, not found in AWS’s list: infra/cost/prices.ts says how.`,
        ]
      : []),
    ...(resources > MOST_RESOURCES
      ? [
          `The stack would have ${resources} resources, and CloudFormation takes ${MOST_RESOURCES}: secrets of some creators have to be made beside it.`,
        ]
      : []),
  ];
}

const WIDTHS = { what: 46, quantity: 10, usd: 9, share: 5 };

/** For a terminal. */
export function printed(answer: Answer): string[] {
  const { stage, question, estimate, choices } = answer;
  const { region, operationsPerDay, creators } = question;
  const { first, last } = datesOf(region);
  const total = (what: string, usd: string, share = '') =>
    `${what.padEnd(WIDTHS.what + WIDTHS.quantity + 3)}${usd.padStart(WIDTHS.usd)}  ${share.padStart(WIDTHS.share)}`.trimEnd();
  const lines = [
    `${stage} in ${region}: ${operationsPerDay.toLocaleString('en')} operations a day, ${creators} creators; $ a month, prices of ${first} to ${last}`,
  ];
  for (const group of grouped(estimate, region)) {
    lines.push('', total(group.title.toUpperCase(), group.usd, group.share));
    for (const section of group.sections) {
      lines.push(` ${section.title}`);
      for (const { what, quantity, per, each, usd, share } of section.rows) {
        const detail = per === '' ? '' : `   ${per}, ${each}`;
        lines.push(
          `  ${what.padEnd(WIDTHS.what)} ${quantity.padStart(WIDTHS.quantity)}${usd.padStart(WIDTHS.usd)}  ${share.padStart(WIDTHS.share)}${detail}`,
        );
      }
    }
  }
  lines.push('', total('A MONTH', usdText(estimate.total)));
  if (estimate.per1000 !== undefined) lines.push(total('1,000 OPERATIONS', usdText(estimate.per1000)));
  lines.push('', 'WHAT A CHOICE CHANGES');
  for (const { what, difference } of choices)
    lines.push(` ${differenceText(difference).padStart(WIDTHS.usd)}  ${what.replaceAll('`', '')}`);
  lines.push(
    '',
    ...warnings(answer),
    'Not counted: taxes, support, free tiers and discounts, traffic to the internet and between zones, what exists already,',
    'and the images’ storage. docs/cost.md has the assumptions, and where each price is from.',
  );
  return lines;
}

/** For programs. */
export function asJson({ stage, question, estimate, choices, resources }: Answer): object {
  const cents = (usd: number) => Number(usd.toFixed(4));
  return {
    stage,
    region: question.region,
    operations_per_day: question.operationsPerDay,
    creators: question.creators,
    usd_per_month: cents(estimate.total),
    usd_always: cents(estimate.always),
    usd_per_1000_operations: estimate.per1000 === undefined ? null : cents(estimate.per1000),
    resources,
    lines: estimate.lines.map(({ group, topic, what, quantity, price, usd }) => ({
      group,
      topic,
      what,
      quantity: Number(quantity.toPrecision(6)),
      per: PRICES[price].per,
      usd_each: PRICES[price].rates[question.region].usd,
      as_of: PRICES[price].rates[question.region].asOf,
      usd: cents(usd),
    })),
    choices: choices.map(({ what, difference }) => ({ what, usd: cents(difference) })),
  };
}
