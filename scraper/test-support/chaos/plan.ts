import { isDeepStrictEqual } from 'node:util';
import type { Kind, State } from '@huntaze/core/operations';
import type { EffectFault, Fault } from '../../../local/src/site/faults.ts';
import { SeededRandom } from '../../../local/src/seeded-random.ts';

/** What goes wrong with one operation: at the site, when it acts there, or with what is ours. */
interface Trouble {
  name: string;
  /** Strike its navigations, one after the other; `times: Infinity` all of them. */
  pages?: Fault[];
  /** Strikes its effect. */
  effect?: EffectFault;
  /** Strikes our side, once. */
  ours?: Ours;
  /** How it ends then; absent: well. */
  end?: State;
}

/** What goes wrong on our side. */
export type Ours =
  /** The holder stands still for longer than its lease, and goes on. */
  | 'freeze'
  /** The same, between the journal's entry and the click. */
  | 'freeze before the click'
  | 'browser killed'
  | 'task dies'
  /** Redis has noted the end; the task that noted it never hears of that. */
  | 'task dies as its end is noted'
  | 'result not stored'
  | 'end not noted'
  | 'message not deleted'
  | 'journal not written'
  /** Its message comes once more when it has ended. */
  | 'sent again'
  /** The same, and Redis has forgotten the operation. */
  | 'sent again, forgotten by Redis';

export interface Planned {
  id: string;
  creatorId: string;
  kind: Kind;
  params: Record<string, unknown>;
  troubles: Trouble[];
  /** In which state it must end. */
  end: State;
  /** It repeats a message: where an attempt leaves no trace nobody can tell the two apart, and a person is asked. */
  isRepetition: boolean;
}

export const CREATORS = 20;
const EACH = 25;
/** Of each kind of trouble. */
const PROBABILITY = 0.05;
/** Failures after which an operation is dead. */
export const MAX_FAILURES = 3;
const TRIES = 3;

const status = (code: number, times = 1): Fault[] =>
  Array.from({ length: times }, () => ({ kind: 'status', status: code }));
function always(fault: Fault): Fault[] {
  return [{ ...fault, times: Infinity }];
}

/** What passes: the operation ends well all the same. */
const PASSING: Trouble[] = [
  { name: '429', pages: [{ kind: 'throttled', retryAfterSeconds: 7 }] },
  { name: '503 once', pages: status(503) },
  { name: '500 for a whole attempt', pages: status(500, TRIES) },
  { name: 'cut', pages: [{ kind: 'cut' }] },
  { name: 'data cut', pages: [{ kind: 'data-cut' }] },
  { name: 'data 502', pages: [{ kind: 'data', status: 502, body: {} }] },
  { name: 'session dropped', pages: [{ kind: 'session-dropped' }] },
  { name: 'challenge', pages: [{ kind: 'challenge' }] },
  { name: 'freeze', ours: 'freeze' },
  { name: 'browser killed', ours: 'browser killed' },
  { name: 'result not stored', ours: 'result not stored' },
  { name: 'end not noted', ours: 'end not noted' },
  { name: 'message not deleted', ours: 'message not deleted' },
  { name: 'sent again', ours: 'sent again' },
  { name: 'sent again, forgotten by Redis', ours: 'sent again, forgotten by Redis' },
  { name: 'task dies', ours: 'task dies' },
  { name: 'task dies as its end is noted', ours: 'task dies as its end is noted' },
];

/** What strikes whatever changes something. */
const AFTER_THE_CLICK: Trouble[] = [
  { name: '502 with effect', effect: { takesEffect: true, answer: { status: 502 } } },
  { name: '502 without effect', effect: { takesEffect: false, answer: { status: 502 } } },
  { name: 'cut with effect', effect: { takesEffect: true, answer: 'cut' } },
  { name: 'cut without effect', effect: { takesEffect: false, answer: 'cut' } },
  { name: 'silence with effect', effect: { takesEffect: true, answer: 'silence' } },
  {
    name: '429 after the click',
    effect: { takesEffect: false, answer: { status: 429, retryAfterSeconds: 5 } },
  },
  { name: 'freeze before the click', ours: 'freeze before the click' },
  { name: 'journal not written', ours: 'journal not written' },
];

/**
 * What ends it; nothing else is planned for such an operation. It stays as it is: an attempt may be broken off by what
 * strikes others (their browser is its browser), and the next one must find the same.
 */
const ENDING: Trouble[] = [
  { name: '404', pages: always({ kind: 'status', status: 404 }), end: 'failed' },
  { name: 'params of another shape', end: 'failed' },
];
const REFUSED: Trouble = {
  name: '400 to what was posted',
  effect: { times: Infinity, takesEffect: false, answer: { status: 400 } },
  end: 'failed',
};
const POISON: Trouble = {
  name: 'always 500',
  pages: always({ kind: 'status', status: 500 }),
  end: 'dead',
};
const POISONED = 4;

/** 500 operations of 20 creators, and what goes wrong with each: the same for the same seed. */
export function plan(seed: number): Planned[] {
  const random = new SeededRandom(seed);
  const strikes = () => random.next() < PROBABILITY;
  const planned: Planned[] = [];
  for (let i = 0; i < CREATORS * EACH; i += 1) {
    const creator = i % CREATORS;
    const turn = Math.floor(i / CREATORS);
    const { kind, params } = request(random, creator, turn);
    const acts = kind === 'message.send' || kind === 'credentials.rotate';
    const ending = [...ENDING, ...(acts ? [REFUSED] : [])].filter(strikes);
    const passing = [...PASSING, ...(acts ? AFTER_THE_CLICK : [])].filter(strikes);
    const troubles = ending.length > 0 ? ending.slice(0, 1) : passing;
    planned.push({
      id: `op-${String(i).padStart(3, '0')}`,
      creatorId: `creator-${creator}`,
      kind,
      params: troubles[0]?.name === 'params of another shape' ? { ...params, no_such: 1 } : params,
      troubles,
      end: troubles[0]?.end ?? 'succeeded',
      isRepetition:
        kind === 'message.send' &&
        planned.some(one => one.creatorId === `creator-${creator}` && isDeepStrictEqual(one.params, params)),
    });
  }
  for (let i = 0; i < POISONED; i += 1) {
    const one = planned[random.integer(0, planned.length)]!;
    if (one.troubles.length === 0 && one.kind !== 'credentials.rotate')
      Object.assign(one, { troubles: [POISON], end: 'dead' });
  }
  return planned;
}

function request(random: SeededRandom, creator: number, turn: number): Pick<Planned, 'kind' | 'params'> {
  const share = random.next();
  // Each creator changes its password once.
  if (turn === 12) return { kind: 'credentials.rotate', params: { secret_version_id: 'v-2' } };
  if (share < 0.4) {
    // Now and then the same text to the same fan twice in a row: two messages.
    const text = random.next() < 0.2 ? 'Hello again' : `Hello, ${turn} of ${creator}`;
    return { kind: 'message.send', params: { fan_id: `fan-${random.integer(1, 4)}`, text } };
  }
  if (share < 0.55) return { kind: 'profile.scrape', params: {} };
  if (share < 0.65) return { kind: 'fans.scrape', params: { max: 60 } };
  if (share < 0.75) return { kind: 'earnings.scrape', params: {} };
  if (share < 0.85) return { kind: 'posts.scrape', params: { max: 20 } };
  return { kind: 'chats.scrape', params: share < 0.92 ? { max: 20 } : { fan_id: 'fan-2', max: 20 } };
}
