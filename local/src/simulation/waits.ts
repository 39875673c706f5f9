import type { Passage, Scenario } from './scenario.ts';

/** How long operations waited: the median, what 95 of 100 stay below, the longest (s). */
export interface Waits {
  p50: number;
  p95: number;
  longest: number;
}

/** How often the limiter received what waited less than so many minutes in the line, and not less than 15 fewer. */
export interface ReceivesByWait {
  under_minutes: number;
  messages: number;
  mean: number;
  most: number;
}

const STEP_MINUTES = 15;
/** As the line has it: a token comes back so much later than a window (ms). */
const GUARD_MS = 250;

/** How long an operation waited for its turn: until it came into the workflows queue (ms); undefined if it never did. */
export function inLineMs({ acceptedAtMs, forwardedAtMs }: Passage): number | undefined {
  // A message can be let through before its producer knows that it is accepted.
  return forwardedAtMs === undefined ? undefined : Math.max(0, forwardedAtMs - acceptedAtMs);
}

/** How long an operation took as a whole (ms); undefined if it hasn't ended. */
export function untilDoneMs({ acceptedAtMs, endedAtMs }: Passage): number | undefined {
  return endedAtMs === undefined ? undefined : Math.max(0, endedAtMs - acceptedAtMs);
}

export function waitsOf(passages: Passage[], wait: (passage: Passage) => number | undefined): Waits {
  const waits = passages.flatMap(passage => wait(passage) ?? []).sort((a, b) => a - b);
  // The nearest rank: that many of them waited no longer.
  const at = (share: number) =>
    Math.round((waits[Math.max(0, Math.ceil(waits.length * share) - 1)] ?? 0) / 100) / 10;
  return { p50: at(0.5), p95: at(0.95), longest: at(1) };
}

/** Of what was let through, by how long it waited. */
export function receivesByWait(passages: Passage[]): ReceivesByWait[] {
  const groups = Map.groupBy(
    passages.filter(({ forwardedAtMs }) => forwardedAtMs !== undefined),
    passage => Math.floor((inLineMs(passage) ?? 0) / 60_000 / STEP_MINUTES),
  );
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([step, own]) => ({
      under_minutes: (step + 1) * STEP_MINUTES,
      messages: own.length,
      mean: Math.round((own.reduce((sum, { receives }) => sum + receives, 0) / own.length) * 100) / 100,
      most: Math.max(...own.map(({ receives }) => receives)),
    }));
}

/**
 * How many waited longer than is fair: each of their creator's turns, and theirs, behind one of every creator's, and
 * two windows. A line in which those who asked first go first keeps a quiet creator waiting for all that a busy one has
 * asked for.
 * @param passages in the order in which they were accepted, all of them
 */
export function waitedUnfairly(passages: Passage[], { limit }: Pick<Scenario, 'limit'>): number {
  const byCreator = Map.groupBy(passages, ({ request }) => request.creator_id);
  const sharing = limit.scope === 'platform' ? byCreator.size : 1;
  let unfair = 0;
  for (const own of byCreator.values()) {
    const left = own.map(({ forwardedAtMs = Infinity }) => forwardedAtMs).sort((a, b) => a - b);
    let gone = 0;
    own.forEach((passage, accepted) => {
      while (gone < left.length && left[gone]! <= passage.acceptedAtMs) gone += 1;
      const turns = Math.max(0, accepted - gone) + 1;
      const windows = Math.ceil((turns * sharing) / limit.limit) + 2;
      if ((inLineMs(passage) ?? 0) > windows * (limit.windowMs + GUARD_MS)) unfair += 1;
    });
  }
  return unfair;
}
