import { spanOf } from '@huntaze/core/times';

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
/** What is nearer than this is told to the second (ms). */
const EXACT_MS = 600_000;
/** What is less far from now than this is now (ms): clocks and answers differ by more. */
const NOW_MS = 1_500;

/** A time as it is from now: "in 42 s", "in 3 min 20 s", "in 27 min", "in 2 d 3 h", "now", "42 s ago", "3 min ago". */
export function fromNow(at: number, now: number): string {
  const ms = at - now;
  if (Math.abs(ms) < NOW_MS) return 'now';
  return ms > 0 ? `in ${left(ms)}` : `${since(-ms)} ago`;
}

/** How long it is until something: the nearer, the more exactly. */
export function left(ms: number): string {
  if (ms < EXACT_MS) return spanOf(ms);
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  return ms < DAY ? spanOf(ms) : days(ms);
}

/** How long something has been so, as roughly as one asks: "42 s", "3 min", "2 h", "5 d". */
export function since(ms: number): string {
  const span = Math.max(0, ms);
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  return span < DAY ? `${Math.floor(span / HOUR)} h` : `${Math.floor(span / DAY)} d`;
}

/** How long something took: "340 ms", "2.4 s", "42 s", "3 min 20 s". */
export function took(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 10 * SECOND ? `${(ms / SECOND).toFixed(1)} s` : spanOf(ms);
}

/** The time itself, the same for everybody: "2026-11-30 19:38:36 UTC". */
export function absolute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A whole number, its thousands apart: "12,345". */
export function grouped(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

/** "1 creator", "12,345 creators". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${grouped(n)} ${n === 1 ? one : many}`;
}

function days(ms: number): string {
  const hours = Math.round(ms / HOUR);
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
