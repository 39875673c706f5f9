import { isEnded } from '@huntaze/core/operations';
import { inTime } from '@huntaze/core/times';
import { ordinal, placeOf } from './ordinals.ts';
import type { Entry } from './run.ts';
import type { Line } from './spans.ts';

/** A job as it stands. Everything here is a function of the operations and the time (ms since the epoch). */
type Entries = readonly Entry[];

const hasEnded = ({ seen }: Entry) => seen !== undefined && isEnded(seen.state);

/** "8 of 12 done (1 failed) · 1 running · 3 waiting · next slot in 42 s". */
export function headline(entries: Entries, now: number): string {
  const ended = entries.filter(hasEnded);
  const failed = ended.filter(({ seen }) => seen!.state !== 'succeeded').length;
  const counts = Map.groupBy(
    entries.filter(entry => !hasEnded(entry)),
    entry => standing(entry, now),
  );
  const parts = [`${ended.length} of ${entries.length} done${failed > 0 ? ` (${failed} failed)` : ''}`];
  for (const kind of ['running', 'about to run', 'to be tried again', 'waiting'] as const)
    if (counts.has(kind)) parts.push(`${counts.get(kind)!.length} ${kind}`);
  const slots = (counts.get('waiting') ?? []).flatMap(({ seen }) => seen?.expected_at ?? []);
  if (slots.length > 0) parts.push(`next slot ${until(slots.toSorted()[0]!, now)}`);
  return parts.join(' · ');
}

/** How much of it is done, in so many columns. */
export function bar(entries: Entries, columns: number): Line {
  const well = entries.filter(({ seen }) => seen?.state === 'succeeded').length;
  const ended = entries.filter(hasEnded).length;
  const at = (count: number) => Math.floor((count / Math.max(1, entries.length)) * columns);
  return [
    { text: '━'.repeat(at(well)), style: 'green' },
    { text: '━'.repeat(at(ended) - at(well)), style: 'red' },
    { text: '─'.repeat(columns - at(ended)), style: 'dim' },
  ];
}

/**
 * A line for each creator that has something open: what its next operation does or waits for and until when, and
 * when the one after it comes. At most so many lines; the last one then says how many more there are.
 */
export function creatorLines(entries: Entries, now: number, most: number): Line[] {
  const lines = [...Map.groupBy(entries, entry => entry.request.creator_id)].flatMap(([creatorId, own]) => {
    const [next, following] = own.filter(entry => !hasEnded(entry));
    if (!next) return [];
    const line: Line = [
      { text: creatorId, style: 'bold' },
      `, ${placeOf(own.indexOf(next) + 1, own.length)}: ${doing(next, now)}`,
    ];
    if (following) line.push({ text: afterIt(following, own.indexOf(following) + 1, now), style: 'dim' });
    return [line];
  });
  if (lines.length <= most) return lines;
  const shown = lines.slice(0, Math.max(0, most - 1));
  return [...shown, [{ text: `… and ${lines.length - shown.length} more creators`, style: 'dim' }]];
}

/** What has ended and not been told yet, in the order of the job: "creator-1, second of four: fans.scrape succeeded". */
export function endedLines(entries: Entries, told: ReadonlySet<string>): { id: string; line: Line }[] {
  return places(entries, entry => hasEnded(entry) && !told.has(entry.operationId)).map(({ entry, place }) => {
    const { operationId, request, seen } = entry;
    const isWell = seen!.state === 'succeeded';
    const because = seen!.error ? `: ${seen!.error}` : '';
    return {
      id: operationId,
      line: [
        isWell ? { text: '✓', style: 'green' } : { text: '✗', style: 'red' },
        ` ${request.creator_id}, ${place}: ${request.kind} ${seen!.state.replaceAll('_', ' ')}${because}`,
      ],
    };
  });
}

/** What went wrong and will be tried again, with an id for each such time. */
export function troubleLines(entries: Entries, now: number): { id: string; line: Line }[] {
  return places(entries, entry => standing(entry, now) === 'to be tried again').map(({ entry, place }) => ({
    id: `${entry.operationId} ${entry.seen!.retry_at!}`,
    line: [{ text: '↻', style: 'yellow' }, ` ${entry.request.creator_id}, ${place}: ${doing(entry, now)}`],
  }));
}

function places(entries: Entries, wanted: (entry: Entry) => boolean): { entry: Entry; place: string }[] {
  const some = entries.filter(wanted);
  if (some.length === 0) return [];
  const byCreator = Map.groupBy(entries, entry => entry.request.creator_id);
  return some.map(entry => {
    const own = byCreator.get(entry.request.creator_id)!;
    return { entry, place: placeOf(own.indexOf(entry) + 1, own.length) };
  });
}

/** Where an operation that hasn't ended stands. */
function standing(
  { seen }: Entry,
  now: number,
): 'running' | 'about to run' | 'to be tried again' | 'waiting' {
  if (seen?.state === 'running') return 'running';
  if (seen?.state !== 'forwarded') return 'waiting';
  return seen.retry_at !== undefined && Date.parse(seen.retry_at) > now
    ? 'to be tried again'
    : 'about to run';
}

function doing(entry: Entry, now: number): string {
  const { seen, request } = entry;
  const because = seen?.error ? `: ${seen.error}` : '';
  switch (standing(entry, now)) {
    case 'running':
      return `${request.kind} is running`;
    case 'to be tried again':
      return `${request.kind} is tried again ${until(seen!.retry_at!, now)}${because}`;
    case 'about to run':
      return `${request.kind} is about to ${seen!.attempts > 0 ? `be tried again${because}` : 'run'}`;
    case 'waiting':
      if (seen?.expected_at !== undefined)
        return `${request.kind}, next slot ${until(seen.expected_at, now)}`;
      return `${request.kind} ${seen ? 'waits for its slot' : 'is on its way into the line'}`;
  }
}

/** When the operation after a creator's next one comes, if that is known. */
function afterIt(entry: Entry, place: number, now: number): string {
  const said = ` · the ${ordinal(place)}`;
  if (standing(entry, now) !== 'waiting') return `${said} waits for the one before it`;
  return entry.seen?.expected_at === undefined ? '' : `${said} ${until(entry.seen.expected_at, now)}`;
}

function until(time: string, now: number): string {
  return inTime(Date.parse(time) - now);
}
