import { crowds } from './line-crowd.ts';
import { decisions } from './line-decisions.ts';
import { bundle } from './line-bundle.ts';
import { roundTrips } from './line-round-trips.ts';
import { withRedis } from './line-case.ts';
import type { Bench } from './figure.ts';

/** The line: what it takes to admit a batch, and what the limiter that does it weighs. */
export const line: Bench = {
  name: 'line',
  about: 'admission in batches of ten, one invocation at a time, peers in the same Redis by the same client',
  async run(say) {
    say('decisions');
    const speeds = await withRedis(decisions);
    say('round trips');
    const trips = await withRedis(roundTrips);
    say('a crowd in line');
    const many = await withRedis(redis => crowds(redis, say));
    say('the bundle');
    return [...speeds, trips, ...many, ...(await bundle())];
  },
};
