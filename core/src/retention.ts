/**
 * How long what holds personal data is kept (days). docs/retention.md has all of it in one table, and a test holds the two
 * together. What is kept in Redis is said in core/lua/lib/keep.lua, what in the queues in queues.ts.
 */

/**
 * By where it runs: logs, results with what lies beside them, the audit trail, access logs and what operators did, Redis's
 * snapshots.
 */
export const KEPT_DAYS = {
  dev: { logs: 7, results: 30, trail: 30, snapshots: 0 },
  prod: { logs: 90, results: 400, trail: 400, snapshots: 15 },
} as const;

/** On one machine: a log, a result, the state of a job that has ended, and what operators did. */
export const LOCAL_DAYS = { logs: 7, results: 30, jobs: 7, actions: 30 } as const;

/** What is overwritten or deleted by mistake can be had back for so long. */
export const OLD_VERSION_DAYS = 7;
/** The journal outlives the queue's and the dead letters' 14 days each. */
export const JOURNAL_DAYS = 35;
/** A session that wasn't used for so long is no session any more. */
export const SESSION_DAYS = 60;
export const INCOMPLETE_UPLOAD_DAYS = 1;
