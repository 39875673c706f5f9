import { vi } from 'vitest';

/** Keeps what a function prints from being shown; `vi.restoreAllMocks` ends it. @returns its lines, each an object of JSON */
export function catchPrinted(): Record<string, unknown>[] {
  const printed: Record<string, unknown>[] = [];
  const note = (line: unknown) => void printed.push(JSON.parse(String(line)) as Record<string, unknown>);
  // The logger has a console of its own, for warnings on the other stream; the metrics use the common one.
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation(line => (note(line), true));
  vi.spyOn(console, 'log').mockImplementation(note);
  return printed;
}
