import { isSafeId } from '@huntaze/core/ids';
import { creatorPath, operationPath } from '../paths.ts';

const DAY_MS = 86_400_000;

/** A day as the API has it (UTC): "2026-12-01". */
export const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** The day that an address names: a real one, not after today; otherwise today. */
export function askedDay(given: string | undefined, now: number): string {
  const today = dayOf(now);
  if (given === undefined || !/^\d{4}-\d\d-\d\d$/.test(given)) return today;
  const at = Date.parse(given);
  return Number.isNaN(at) || dayOf(at) !== given || given > today ? today : given;
}

/** Days around one, the newest first: a week of them, and none after today. */
export function daysAround(day: string, now: number): string[] {
  const newest = Math.min(Date.parse(day) + 3 * DAY_MS, Date.parse(dayOf(now)));
  return Array.from({ length: 7 }, (_, i) => dayOf(newest - i * DAY_MS));
}

/** A day as people call it: "Today", "Yesterday", "Mon 30 Nov". */
export function dayWord(day: string, now: number): string {
  if (day === dayOf(now)) return 'Today';
  if (day === dayOf(now - DAY_MS)) return 'Yesterday';
  return new Date(`${day}T00:00:00Z`)
    .toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })
    .replace(',', '');
}

/** The page of a day. */
export const dayPath = (day: string, now: number) =>
  day === dayOf(now) ? '/activity' : `/activity?day=${day}`;

/** What was done, as the sentence "ada … creator bea" has it. */
const VERBS: Record<string, string> = {
  pause: 'paused',
  resume: 'resumed',
  drain: 'drained',
  skip: 'skipped an operation of',
  set: 'changed',
  end: 'ended',
  create: 'made',
  revoke: 'revoked',
  redrive: 'asked again for',
  redeliver: 'redelivered',
  discard: 'discarded',
  retry: 'asked again for',
  resolve: 'settled',
  cancel: 'cancelled',
  credentials: 'replaced the credentials of',
  code: 'entered a code for',
  'clear-login': 'let sign in anew',
};

/** An action's verb; of one that has no words here, its own name. */
export function verbOf(action: string): string {
  const [, verb = action] = /\.([a-z-]+)$/.exec(action.replaceAll('_', '-')) ?? [];
  return VERBS[verb] ?? action;
}

/** Where what was acted on is shown, if it has a page of its own: "creator ada", "operation op-1 of creator ada". */
export function pageOf(on: string): string | undefined {
  const [, what, id] = /^(creator|operation) (\S+)(?: of creator \S+)?$/.exec(on) ?? [];
  if (!isSafeId(id)) return undefined;
  return what === 'creator' ? creatorPath(id) : operationPath(id);
}
