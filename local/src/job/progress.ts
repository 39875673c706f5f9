import { bar, creatorLines, endedLines, headline, troubleLines } from './picture.ts';
import { liveRegion, type Screen } from './live.ts';
import type { Entry, JobReport, Observer } from './run.ts';
import { plain } from './spans.ts';

/** A job's progress as a person sees it. Whatever else is said meanwhile goes through it. */
export interface Progress extends Observer {
  say(line: string): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** While nothing happens, plain lines say how it stands at most this often (ms). */
const QUIET_MS = 10_000;
const BAR_COLUMNS = 48;
/** Lines of a terminal that aren't the creators': headline, bar, and two to breathe. */
const OTHER_ROWS = 4;
const MOST_CREATORS = 20;

/**
 * Progress on `screen`: on a terminal a picture that is drawn anew in place, elsewhere plain lines.
 * @param env NO_COLOR switches colours off, TERM=dumb the picture
 */
export function jobProgress(screen: Screen, env: Record<string, string | undefined>): Progress {
  if (screen.isTTY !== true || env['TERM'] === 'dumb')
    return plainProgress(line => screen.write(`${line}\n`));
  return liveProgress(screen, !env['NO_COLOR']);
}

/** Plain lines: what has ended, as it ends, what will be tried again, and now and then what is waited for. */
export function plainProgress(write: (line: string) => void): Progress {
  const told = new Set<string>();
  let last = -Infinity;
  let done = 0;
  return {
    progress(entries, now) {
      for (const { id, line } of endedLines(entries, told)) {
        told.add(id);
        done += 1;
        write(`${done} of ${entries.length} ${plain(line)}`);
        last = now;
      }
      for (const { id, line } of troubleLines(entries, now)) {
        if (told.has(id)) continue;
        told.add(id);
        write(plain(line));
        last = now;
      }
      if (done === entries.length || now - last < QUIET_MS) return;
      write(headline(entries, now));
      last = now;
    },
    say: write,
    end: () => undefined,
  };
}

function liveProgress(screen: Screen, inColour: boolean): Progress {
  const region = liveRegion(screen, inColour);
  const told = new Set<string>();
  const picture = (entries: readonly Entry[], now: number) => [
    [],
    [{ text: headline(entries, now), style: 'bold' as const }],
    bar(entries, Math.min(BAR_COLUMNS, region.columns())),
    ...creatorLines(entries, now, Math.max(1, Math.min(MOST_CREATORS, region.rows() - OTHER_ROWS))),
  ];
  return {
    progress(entries, now) {
      const ended = endedLines(entries, told);
      for (const { id } of ended) told.add(id);
      region.draw(
        ended.map(({ line }) => line),
        picture(entries, now),
      );
    },
    say: line => region.say(line),
    end: () => region.end(),
  };
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
