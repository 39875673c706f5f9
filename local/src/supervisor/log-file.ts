import { appendFileSync, closeSync, fstatSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import type { Clock } from '@huntaze/core/clock';
import { LOCAL_DAYS } from '@huntaze/core/retention';

/** A log on this machine. */
export interface LogFile {
  write(line: string): void;
  end(): void;
  /** Settles when a line couldn't be written; after that none is. */
  failed: Promise<Error>;
}

/** A file of so many bytes, or of so many ms since its first line, makes room for a new one. One old one is kept. */
const MOST_BYTES = 16 * 1_024 * 1_024;
const MOST_AGE_MS = LOCAL_DAYS.logs * 86_400_000;

/**
 * Opens a log, which goes on where it was. What is in it is there for two weeks at most, as long as something is written
 * to it or it is opened; and it takes 32 MiB of the disk at most.
 */
export function openLog(file: string, clock: Clock): LogFile {
  const failed = Promise.withResolvers<Error>();
  let descriptor: number | undefined;
  let bytes = 0;
  let begunAt = 0;

  function open(): number {
    const opened = openSync(file, 'a', 0o600);
    const { size, birthtimeMs } = fstatSync(opened);
    [bytes, begunAt] = [size, size === 0 ? clock.now() : birthtimeMs || clock.now()];
    return (descriptor = opened);
  }

  function makeRoom(): void {
    close();
    renameSync(file, `${file}.1`);
    open();
  }

  function close(): void {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  }

  function attempt(what: () => void): void {
    try {
      what();
    } catch (error) {
      close();
      failed.resolve(error as Error);
    }
  }

  const isOld = () => bytes > 0 && clock.now() - begunAt > MOST_AGE_MS;

  attempt(() => {
    const old = statSync(`${file}.1`, { throwIfNoEntry: false });
    if (old && clock.now() - old.mtimeMs > MOST_AGE_MS) rmSync(`${file}.1`);
    open();
    if (isOld()) makeRoom();
  });
  return {
    write: line =>
      attempt(() => {
        if (descriptor === undefined) return;
        const text = `${line}\n`;
        if (bytes + text.length > MOST_BYTES || isOld()) makeRoom();
        appendFileSync(descriptor, text);
        bytes += Buffer.byteLength(text);
      }),
    end: close,
    failed: failed.promise,
  };
}
