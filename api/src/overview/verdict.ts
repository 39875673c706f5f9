import { inTime, spanOf } from '@huntaze/core/times';
import { counted } from '../http/acts.ts';
import type { ShownCreator } from '../creators/describe.ts';
import type { ShownOverview, ShownVerdict } from './describe.ts';

/** What the verdict is made of. Times are ms since the epoch. */
export interface Findings extends Omit<ShownOverview, 'verdict' | 'now' | 'needs_person'> {
  /** What an operator has said of everybody. */
  halt:
    { mode: 'paused' | 'draining'; reason?: string | undefined; untilMs?: number | undefined } | undefined;
  /** Until when nothing goes because Redis has lost its memory; until when the site wants nothing. */
  lostUntilMs: number | undefined;
  closedUntilMs: number | undefined;
  /** A window of the last day in which the site answered more than the limit was. */
  worstBeyond: { most: number; limit: number } | undefined;
}

/** What waits for a person, each kind with how many, in the order in which it is told. */
interface Need {
  count: number;
  said: string;
  cause?: string | undefined;
  label: string;
  href: string;
}

function needsOf({ creators, kinds_paused, dead_letters, alarms }: Findings): Need[] {
  const lockedOut = creators.filter(({ state }) => state === 'needs_login');
  const unknown = creators.reduce((sum, { outcome_unknown }) => sum + outcome_unknown, 0);
  const ringing = (alarms ?? []).filter(({ state }) => state === 'ALARM');
  const one = (found: ShownCreator[]) =>
    found.length === 1 ? `/creators/${found[0]!.creator_id}` : '/creators';
  const needs: Need[] = [
    {
      count: kinds_paused.length,
      said: `the ${kinds_paused.length === 1 ? 'kind' : 'kinds'} ${kinds_paused.map(({ kind }) => kind).join(', ')} ${kinds_paused.length === 1 ? 'is' : 'are'} paused`,
      cause: kinds_paused[0]?.why,
      label: 'See the kinds',
      href: '/limits',
    },
    {
      count: lockedOut.length,
      said: `${counted(lockedOut.length, 'creator needs', 'creators need')} a login`,
      cause:
        lockedOut[0] && `${lockedOut[0].creator_id}: ${lockedOut[0].why ?? 'the site does not let it in'}`,
      label: lockedOut.length === 1 ? 'Let it in' : 'See which',
      href: one(lockedOut),
    },
    {
      count: unknown,
      said: `of ${counted(unknown, 'operation')} it is not known whether ${unknown === 1 ? 'it' : 'they'} took effect`,
      label: 'Settle it',
      href: '/operations?state=outcome_unknown',
    },
    {
      count: dead_letters?.total ?? 0,
      said: `${counted(dead_letters?.total ?? 0, 'operation')} could not be done`,
      cause: dead_letters?.causes[0] && `${dead_letters.causes[0].cause} (${dead_letters.causes[0].count})`,
      label: 'See the dead letters',
      href: '/dead-letters',
    },
    {
      count: ringing.length,
      said:
        ringing.length === 1
          ? `the alarm ${ringing[0]!.name} has gone off`
          : `${ringing.length} alarms have gone off`,
      label: 'See the alarms',
      href: '/#alarms',
    },
  ];
  return needs.filter(({ count }) => count > 0);
}

/** How many things wait for a person: for the badge. */
export function needsPerson(findings: Findings): number {
  return needsOf(findings).reduce((sum, { count }) => sum + count, 0);
}

/**
 * How everything is, in one sentence: first what breaks a promise, then what stops everything, then what waits for a
 * person, then how the work goes.
 */
export function verdictOf(findings: Findings, now: number): ShownVerdict {
  return brokenPromise(findings) ?? stopped(findings, now) ?? inNeed(findings) ?? atWork(findings, now);
}

function brokenPromise({ worstBeyond, limiter }: Findings): ShownVerdict | undefined {
  if (worstBeyond === undefined) return undefined;
  const { most, limit } = worstBeyond;
  return {
    tone: 'bad',
    sentence: `The site answered ${most} operations within ${spanOf(limiter.window_s * 1_000)} today: the limit is ${limit}`,
    cause: 'something else works at the site with the same pipeline’s limit, or this pipeline is wrong',
    action: { label: 'See when', href: '/limits' },
  };
}

function stopped(
  { halt, breaker, lostUntilMs, closedUntilMs, tasks, flow }: Findings,
  now: number,
): ShownVerdict | undefined {
  const until = (time: number | undefined) =>
    time === undefined ? '' : ` until it is over, ${inTime(time - now)}`;
  const because = (cause: string | undefined) => (cause === undefined ? {} : { cause });
  if (halt?.mode === 'paused')
    return {
      tone: 'wait',
      sentence: `Everything is paused${halt.untilMs === undefined ? ' until somebody resumes it' : until(halt.untilMs)}`,
      ...because(halt.reason),
      action: { label: 'See the creators', href: '/creators' },
    };
  if (breaker.state !== 'closed')
    return {
      tone: 'bad',
      sentence:
        breaker.state === 'open'
          ? `The site fails: it is left alone, and tried again ${inTime(Date.parse(breaker.until ?? '') - now)}`
          : 'The site failed: one operation tries whether it works again',
      ...because(breaker.why),
    };
  if (flow.workflows + flow.running > 0 && tasks.alive === 0)
    return {
      tone: 'bad',
      sentence: `No scraper is there: ${counted(flow.workflows + flow.running, 'operation waits', 'operations wait')} for one`,
      cause: 'no task of it was heard within the last minute',
    };
  if (lostUntilMs !== undefined)
    return {
      tone: 'wait',
      sentence: `Nothing goes before another ${spanOf(lostUntilMs - now)} has passed`,
      cause: 'Redis is another one, or was emptied: what was spent of the limit is not known',
    };
  if (closedUntilMs !== undefined)
    return {
      tone: 'wait',
      sentence: `The site wants nothing more for now: it goes on ${inTime(closedUntilMs - now)}`,
      cause: 'it answered 429 and named the time',
    };
  return undefined;
}

function inNeed(findings: Findings): ShownVerdict | undefined {
  const [first, ...others] = needsOf(findings);
  if (first === undefined) return undefined;
  const more = others.reduce((sum, { count }) => sum + count, 0);
  const sentence = `${first.said[0]!.toUpperCase()}${first.said.slice(1)}`;
  return {
    tone: 'bad',
    sentence:
      more > 0 ? `${sentence}, and ${counted(more, 'other thing needs', 'other things need')} you` : sentence,
    ...(first.cause !== undefined && { cause: first.cause }),
    action: { label: first.label, href: first.href },
  };
}

function atWork({ flow, creators, halt }: Findings, now: number): ShownVerdict {
  const { queued, waiting, released, workflows, running } = flow;
  const draining =
    halt?.mode === 'draining'
      ? { cause: halt.reason ?? 'nothing new is accepted: all is being drained' }
      : {};
  const inLine = queued + waiting;
  if (inLine > 0) {
    const last = creators.flatMap(({ last_expected_at }) =>
      last_expected_at ? [Date.parse(last_expected_at)] : [],
    );
    const held = creators.filter(({ state, waiting: its }) => state === 'paused' && its > 0).length;
    const when = last.length > 0 ? `; the last goes ${inTime(Math.max(...last) - now)}` : '';
    return {
      tone: 'busy',
      sentence: `${counted(inLine, 'operation waits', 'operations wait')} for the limit${when}`,
      ...(held > 0 && { cause: `${counted(held, 'creator is', 'creators are')} paused` }),
      ...draining,
    };
  }
  if (released + workflows + running > 0)
    return {
      tone: 'busy',
      sentence: `${counted(released + workflows + running, 'operation is', 'operations are')} being done, and nothing waits`,
      ...draining,
    };
  return { tone: 'good', sentence: 'All is well: nothing waits', ...draining };
}
