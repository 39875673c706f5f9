import type { Estimate } from './estimate.ts';
import { TOPICS, type Topic } from './lines.ts';
import { PRICES, type Region } from './prices.ts';

/** A line as it is shown. */
interface Row {
  what: string;
  quantity: string;
  /** "NAT gateway hour". */
  per: string;
  /** "$0.048", or "$0.40 a million". */
  each: string;
  usd: string;
  share: string;
}

interface Section {
  title: string;
  usd: string;
  rows: Row[];
}

export interface Group {
  title: string;
  usd: string;
  share: string;
  sections: Section[];
}

/** What is less than this rounds to nothing ($). */
const CENT = 0.005;
/** Of a quantity: what is measured has fewer, what is counted here no more. */
const DIGITS = 4;

export function usdText(usd: number): string {
  return usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** With a sign, as a difference. */
export function differenceText(usd: number): string {
  const rounded = Math.round(usd * 100);
  return `${rounded < 0 ? '−' : '+'}${usdText(Math.abs(usd))}`;
}

export function eachText(usd: number): string {
  return usd >= 0.0002
    ? `$${Number(usd.toPrecision(4))}`
    : `$${Number((usd * 1e6).toPrecision(4))} a million`;
}

function quantityText(quantity: number): string {
  return quantity.toLocaleString('en', { maximumSignificantDigits: DIGITS });
}

function shareText(usd: number, total: number): string {
  const percent = total === 0 ? 0 : (usd / total) * 100;
  return percent < 0.5 ? '<1 %' : `${Math.round(percent)} %`;
}

/** An estimate as it is read: by what one would ask. Lines of less than a cent are one together. */
export function grouped({ lines, total }: Estimate, region: Region): Group[] {
  const sum = (some: Estimate['lines']) => some.reduce((all, { usd }) => all + usd, 0);
  return (['always', 'work'] as const).map(name => {
    const ofGroup = lines.filter(({ group }) => group === name);
    const sections = (Object.keys(TOPICS) as Topic[]).flatMap(topic => {
      const ofTopic = ofGroup.filter(line => line.topic === topic).toSorted((a, b) => b.usd - a.usd);
      if (ofTopic.length === 0) return [];
      const small = ofTopic.filter(({ usd }) => usd < CENT);
      const rows = ofTopic
        .filter(({ usd }) => usd >= CENT)
        .map(({ what, quantity, price, usd }) => ({
          what,
          quantity: quantityText(quantity),
          per: PRICES[price].per,
          each: eachText(PRICES[price].rates[region].usd),
          usd: usdText(usd),
          share: shareText(usd, total),
        }));
      const rest = {
        what: `below a cent: ${small.map(({ what }) => what).join(', ')}`,
        quantity: '',
        per: '',
        each: '',
      };
      return [
        {
          title: TOPICS[topic],
          usd: usdText(sum(ofTopic)),
          rows:
            small.length === 0
              ? rows
              : [...rows, { ...rest, usd: usdText(sum(small)), share: shareText(0, total) }],
        },
      ];
    });
    const usd = sum(ofGroup);
    return {
      title: name === 'always' ? 'Always there' : 'By work',
      usd: usdText(usd),
      share: shareText(usd, total),
      sections,
    };
  });
}
