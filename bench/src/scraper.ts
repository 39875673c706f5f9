import type { Bench } from './figure.ts';
import { calls } from './scraper-calls.ts';
import { memory } from './scraper-memory.ts';
import { rounds } from './scraper-rounds.ts';
import { startWorld } from './scraper-world.ts';

/** The scraper as a whole: how near to the bare browser it comes, and what it takes. */
export const scraper: Bench = {
  name: 'scraper',
  about: 'the scraper as it is deployed, against local AWS, a real Redis and the local site; peers in turn',
  async run(say) {
    const world = await startWorld();
    try {
      // Memory first: it must be one browser from beginning to end, and one is replaced after 10,000 operations.
      const space = await memory(world, say);
      const speed = await rounds(world, say);
      return [...speed, ...space, ...(await calls(world, say))];
    } finally {
      await world.stop();
    }
  },
};
