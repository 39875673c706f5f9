import {
  changeRules,
  readCreators,
  readOverview,
  type HaltRecord,
  type LineRecord,
  type Overview,
} from '@huntaze/core/lua';
import { alarmStates } from '../alarms/alarms.ts';
import type { Api } from '../compose.ts';
import { CREATOR_STATES, describeCreator, type ShownCreator } from '../creators/describe.ts';
import { isChosen } from '../dead-letters/acts.ts';
import { countCauses } from '../dead-letters/endpoints.ts';
import { fromLine } from '../http/from-line.ts';
import type { Identity } from '../identity/roles.ts';
import { pausedKinds } from '../kinds/kinds.ts';
import { describeLine, linesOf } from '../limits/limits.ts';
import { iso } from '../operations/describe.ts';
import type { ShownOverview } from './describe.ts';
import { history } from './history.ts';
import { needsPerson, verdictOf, type Findings } from './verdict.ts';

/**
 * How everything stands, for the first screen. What a token is bound to is all that it sees of creators; the rest holds for
 * all.
 * @throws Refusal 503
 */
export async function overview(api: Api, identity: Identity, now: number): Promise<ShownOverview> {
  const { redis, limit } = api;
  const named = identity.creators === 'all' ? undefined : identity.creators;
  const records = await fromLine(readCreators(redis, limit, named));
  const shown = records.map(describeCreator);
  const [rules, all, minutes, kinds, letters, alarms] = await Promise.all([
    fromLine(changeRules(redis, limit)),
    fromLine(
      readOverview(
        redis,
        limit,
        linesOf(
          api,
          records.map(({ creator }) => creator),
        ),
      ),
    ),
    history(api, 60, now),
    pausedKinds(redis),
    soon(api, 'dead letters', deadLetters(api, identity)),
    // What is told of the installation is for those who look after all of it.
    identity.creators === 'all' ? soon(api, 'alarms', alarmsInShort(api, now)) : undefined,
  ]);
  const shownLines = all.lines.map(line => describeLine(line, rules.limit, now));
  const busiest = all.lines.toSorted((a, b) => b.slots - a.slots)[0];
  const told = {
    flow: {
      ...flowOf(all.lines, shown, identity),
      ended_hour: {
        succeeded: minutes.reduce((sum, { succeeded }) => sum + succeeded, 0),
        failed: minutes.reduce((sum, { failed }) => sum + failed, 0),
      },
    },
    limiter: {
      limit: rules.limit,
      window_s: rules.windowMs / 1_000,
      used: busiest?.slots ?? 0,
      ...(busiest && { next_slot_at: iso(busiest.next_slot_at) }),
      worst_24h: Math.max(0, ...shownLines.map(({ worst_24h }) => worst_24h)),
    },
    breaker: describeBreaker(all.breaker, now),
    tasks: {
      alive: all.tasks?.length ?? 0,
      busy: (all.tasks ?? []).filter(({ busy }) => busy > 0).length,
      in_hand: (all.tasks ?? []).reduce((sum, { busy }) => sum + busy, 0),
    },
    creators: shown.toSorted(
      (a, b) =>
        CREATOR_STATES.indexOf(a.state) - CREATOR_STATES.indexOf(b.state) ||
        b.waiting - a.waiting ||
        (a.creator_id < b.creator_id ? -1 : 1),
    ),
    kinds_paused: kinds.map(({ kind, why, since }) => ({ kind, why, since })),
    ...(letters && { dead_letters: letters }),
    ...(alarms && { alarms }),
  };
  const findings: Findings = {
    ...told,
    halt: haltOfAll(all.halt),
    lostUntilMs: later(
      all.lines.map(line => line.shut_until),
      now,
    ),
    closedUntilMs: later(
      all.lines.map(line => line.closed_until),
      now,
    ),
    worstBeyond: all.lines
      .flatMap(({ worst = [] }) => worst)
      .filter(({ most, limit: its }) => most > its)
      .toSorted((a, b) => b.most - b.limit - (a.most - a.limit))[0],
  };
  return {
    now: iso(now),
    verdict: verdictOf(findings, now),
    ...told,
    needs_person: needsPerson(findings),
  };
}

/** What isn't the line's is waited for so long (ms): the rest must be seen without it. */
const PATIENCE_MS = 2_000;
/** What was seen of the dead letters is believed so long (ms): to look at them hides them from each other. */
const LETTERS_BELIEVED_MS = 15_000;

/** Undefined where it takes too long, or can't be had: that is logged. */
async function soon<T>(
  { clock, log }: Pick<Api, 'clock' | 'log'>,
  what: string,
  asked: Promise<T>,
): Promise<T | undefined> {
  const answered = new AbortController();
  try {
    return await Promise.race([
      asked,
      clock.sleep(PATIENCE_MS, answered.signal).then(
        () => undefined,
        () => undefined, // it was answered
      ),
    ]);
  } catch (error) {
    log({ message: `the overview lacks ${what}`, error: String(error) });
    return undefined;
  } finally {
    answered.abort();
  }
}

async function deadLetters(api: Api, identity: Identity): Promise<ShownOverview['dead_letters']> {
  const { letters } = await api.deadLetters.look(LETTERS_BELIEVED_MS);
  const mine = letters.filter(isChosen({}, identity));
  return { total: mine.length, causes: countCauses(mine) };
}

async function alarmsInShort(api: Api, now: number): Promise<ShownOverview['alarms']> {
  return (await alarmStates(api, now)).map(({ name, state }) => ({ name, state }));
}

/** Where the operations are. Of a token that is bound to some creators, theirs. */
function flowOf(lines: LineRecord[], creators: ShownCreator[], identity: Identity) {
  const sum = (of: (creator: ShownCreator) => number) => creators.reduce((all, one) => all + of(one), 0);
  const workflows = sum(({ forwarded }) => forwarded);
  const isAll = identity.creators === 'all';
  const released = isAll ? lines.reduce((all, line) => all + line.released, 0) : 0;
  return {
    queued: sum(({ pending }) => pending),
    waiting: sum(({ waiting }) => waiting),
    released,
    workflows: Math.max(0, workflows - released),
    running: sum(({ running }) => running),
  };
}

function describeBreaker(breaker: Overview['breaker'], now: number): ShownOverview['breaker'] {
  if (breaker === undefined) return { state: 'closed' };
  const { until, why } = breaker;
  return until > now ? { state: 'open', until: iso(until), why } : { state: 'half_open', why };
}

function haltOfAll(halt: HaltRecord | undefined): Findings['halt'] {
  if (halt?.mode !== 'paused' && halt?.mode !== 'draining') return undefined;
  return { mode: halt.mode, reason: halt.reason, untilMs: halt.until };
}

/** When something goes again: the first of these times, where all of them are still to come; undefined: something goes now. */
function later(times: (number | undefined)[], now: number): number | undefined {
  const open = times.some(time => time === undefined || time <= now);
  const known = times.flatMap(time => time ?? []);
  return open || known.length === 0 ? undefined : Math.min(...known);
}
