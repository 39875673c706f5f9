import { isEnded } from '@huntaze/core/operations';
import type { Entry, JobReport, Observer } from './run.ts';
import { inTime } from './times.ts';

/** How often a picture of what waits is printed where lines can't be drawn anew (ms). */
const PICTURE_MS = 5_000;

/**
 * Tells a job's progress in plain lines: what has ended, as it ends, and every few seconds what each creator
 * waits for and until when.
 */
export function plainProgress(write: (line: string) => void): Observer {
  const told = new Set<string>();
  let last = -Infinity;
  return {
    progress(entries, now) {
      for (const entry of entries) {
        const state = entry.seen?.state;
        if (!state || !isEnded(state) || told.has(entry.operationId)) continue;
        told.add(entry.operationId);
        const because = entry.seen?.error ? `: ${entry.seen.error}` : '';
        write(`${entry.request.creator_id}  ${entry.request.kind} ${state.replace('_', ' ')}${because}`);
      }
      if (now - last < PICTURE_MS && told.size < entries.length) return;
      last = now;
      write(`${told.size} of ${entries.length} done${told.size < entries.length ? '; still waiting:' : ''}`);
      for (const line of waitingLines(entries, now)) write(`  ${line}`);
    },
  };
}

/** A line for each creator that has something open: what its next operation does or waits for, and until when. */
function waitingLines(entries: readonly Entry[], now: number): string[] {
  return [...Map.groupBy(entries, entry => entry.request.creator_id)].flatMap(([creatorId, own]) => {
    const next = own.findIndex(entry => !entry.seen || !isEnded(entry.seen.state));
    if (next < 0) return [];
    return `${creatorId}, ${next + 1} of ${own.length}: ${doing(own[next]!, now)}`;
  });
}

function doing({ seen, request }: Entry, now: number): string {
  switch (seen?.state) {
    case 'running':
      return `${request.kind} is running`;
    case 'forwarded':
      return seen.retry_at === undefined
        ? `${request.kind} is admitted, waits for the site's slot`
        : `${request.kind} is tried again ${inTime(Date.parse(seen.retry_at) - now)}`;
    case 'waiting':
    case 'pending': {
      const when = seen.expected_at === undefined ? '' : ` ${inTime(Date.parse(seen.expected_at) - now)}`;
      return `${request.kind} waits for its slot${when}, number ${seen.position ?? '?'} in the line`;
    }
    default:
      return `${request.kind} is on its way to the line`;
  }
}

/** The summary as a person reads it. */
export function summaryLines({ summary: s, outcomes }: JobReport): string[] {
  const lines = [
    `${s.succeeded} of ${s.requested} succeeded, ${s.failed} failed, ${s.dead} dead, ${s.lost} lost, ` +
      `${s.duplicated} duplicated, ${s.order_inversions} out of order`,
    `at the site: at most ${s.worst_window} in any ${s.window_s} s (allowed: ${s.limit})` +
      (s.goodput === null ? '' : `, ${(s.goodput * 100).toFixed(1)} % of the permitted rate used`),
    `${s.receives_per_message} receives a message, ${s.wall_s} s in all`,
  ];
  for (const outcome of outcomes)
    if (outcome.state !== 'succeeded')
      lines.push(
        `${outcome.creatorId} ${outcome.operationId}: ${outcome.state ?? 'unknown'}${outcome.error ? `: ${outcome.error}` : ''}`,
      );
  return lines;
}
