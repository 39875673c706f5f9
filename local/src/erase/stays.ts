import { KEPT_DAYS, LOCAL_DAYS } from '@huntaze/core/retention';
import type { Erased } from './erase.ts';

/** An ISO time without fractions of seconds, as an operator compares it with a log. */
const moment = (time: number | Date) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

/** What stays after an erasure in AWS and on one machine alike, why, and until when. */
function everywhere({ idsUntilMs, windowsUntilMs, secretUntil }: Erased): string[] {
  return [
    `the ids of operations in Redis, each with how it ended, so that no late copy of a message is done again: until ${
      idsUntilMs === undefined ? '15 days after each has ended' : moment(idsUntilMs)
    }`,
    'messages that were waiting in the queues: each goes when it is next seen, within 15 minutes in the rate limiter’s, ' +
      'within 12 hours in the other',
    'what the FIFO queues took of it, as hashes under its id, so that they take nothing twice: 5 minutes',
    'idempotency keys, as hashes, so that no request is taken for a new one: a day',
    'tokens of the API that are bound to it: until each is revoked (npm run token -- list)',
    ...(windowsUntilMs === undefined
      ? []
      : [`how much of the windows of its own line is taken: until ${moment(windowsUntilMs)}`]),
    ...(secretUntil === undefined ? [] : [`its secret, to be restored: until ${moment(secretUntil)}`]),
  ];
}

const by = (days: { dev: number; prod: number }) => `${days.prod} days (dev: ${days.dev})`;
const kept = (what: keyof (typeof KEPT_DAYS)['dev']) =>
  by({ dev: KEPT_DAYS.dev[what], prod: KEPT_DAYS.prod[what] });

/** What stays in AWS, where nothing can be taken out one by one. */
export function staysInAws(erased: Erased): string[] {
  return [
    ...everywhere(erased),
    `logs, which name creators by their ids: ${kept('logs')}`,
    `what operators did, with the creator’s id: ${kept('trail')}`,
    `access logs and the audit trail, with the names of its objects and of its secret: ${kept('trail')}`,
    `snapshots of Redis: ${kept('snapshots')}; one that was made by hand, or when a stack went, until it is deleted`,
  ];
}

/** What stays on one machine. */
export function staysHere(erased: Erased): string[] {
  return [
    ...everywhere(erased),
    `logs, which name creators by their ids: ${2 * LOCAL_DAYS.logs} days, while the pipeline is used`,
    `what operators did, with the creator’s id: ${LOCAL_DAYS.actions} days`,
    'the account at the local site, and the site’s own log: they are the site’s, and stay until its files are deleted',
  ];
}
