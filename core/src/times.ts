/** A span of time as people say it: "now", "in 42 s", "in 3 min 20 s", "in 2 h 5 min". */
export function inTime(ms: number): string {
  const said = spanOf(ms);
  return said === '0 s' ? 'now' : `in ${said}`;
}

/** A span of time: "42 s", "3 min 20 s", "2 h 5 min". Below nothing is nothing. */
export function spanOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return join(`${minutes} min`, seconds % 60, 's');
  return join(`${hours} h`, minutes % 60, 'min');
}

function join(large: string, rest: number, unit: string): string {
  return rest === 0 ? large : `${large} ${rest} ${unit}`;
}
