/** What is no reason but what surrounds one: a stack, and what Node prints around an error. */
const NO_REASON = /^(\s|[{}\]^]|Node\.js v|throw |node:|file:)/;
/** "TypeError: …", "local aws: port 20001 is taken". */
const REASON = /^(\w*(Error|Exception)\b|[a-z ]{2,20}: )/;

/** Remembers what a process said last that tells a person why it ended. */
export function lastWords(): {
  heard(from: 'stdout' | 'stderr', line: string): void;
  /** Undefined if it said nothing but log lines. */
  said(): string | undefined;
} {
  let reason: string | undefined;
  let other: string | undefined;
  return {
    heard(from, line) {
      if (line.trim() === '' || NO_REASON.test(line)) return;
      if (from === 'stderr' && REASON.test(line)) reason = line.trim();
      else other = line.trim();
    },
    said: () => reason ?? other,
  };
}
