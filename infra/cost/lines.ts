import { PRICES, type PriceName, type Region } from './prices.ts';

/** Under what a line is shown: what one would ask for. */
export const TOPICS = {
  network: 'Ways in and out',
  tasks: 'Tasks',
  redis: 'Redis',
  front: 'The API’s front',
  watching: 'Watching',
  secrets: 'Keys and secrets',
  queues: 'Queues and functions',
  storage: 'Results and logs',
} as const;
export type Topic = keyof typeof TOPICS;

/** So much of one thing in a month. */
export interface Line {
  /** `always`: paid for whether or not anything is asked for. `work`: by what is asked for. */
  group: 'always' | 'work';
  topic: Topic;
  /** "NAT gateways", said once a topic. */
  what: string;
  quantity: number;
  price: PriceName;
}

/** What a line costs in a month (US dollars). */
export function usdOf({ quantity, price }: Line, region: Region): number {
  return quantity * PRICES[price].rates[region].usd;
}

/** Lines of one kind, price and name are one. */
export function gathered(lines: readonly Line[]): Line[] {
  const known = new Map<string, Line>();
  for (const line of lines) {
    const key = `${line.group} ${line.topic} ${line.what} ${line.price}`;
    const before = known.get(key);
    known.set(key, before ? { ...before, quantity: before.quantity + line.quantity } : line);
  }
  return [...known.values()].filter(({ quantity }) => quantity > 0);
}
