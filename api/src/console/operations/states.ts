import type { Kind, State } from '@huntaze/core/operations';

// As @huntaze/core/operations has them, held to it by their types: that module would bring its whole schema into the browser.

/** Each state, and whether nothing more happens in it by itself. */
const ENDS: Record<State, boolean> = {
  pending: false,
  waiting: false,
  forwarded: false,
  running: false,
  succeeded: true,
  failed: true,
  dead: true,
  expired: true,
  cancelled: true,
  outcome_unknown: true,
};
const ALL_KINDS: Record<Kind, true> = {
  'message.send': true,
  'profile.scrape': true,
  'fans.scrape': true,
  'earnings.scrape': true,
  'posts.scrape': true,
  'chats.scrape': true,
  'credentials.rotate': true,
};

/** In the order of an operation's life. */
export const STATES = Object.keys(ENDS) as State[];
export const KINDS = Object.keys(ALL_KINDS) as Kind[];
/** Those that end it. */
export const END_STATES: readonly State[] = STATES.filter(state => ENDS[state]);

/** Whether nothing more happens to an operation in this state by itself. */
export const hasEnded = (state: State) => ENDS[state];
