import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_DAYS } from '@huntaze/core/retention';

/** What is remembered of a job, so that one that was cut off goes on where it was. */
interface Noted {
  /** Begins the idempotency key of every request: sent twice, it is one operation. */
  id: string;
  /** The file it was read from, as a path from the root. */
  file: string;
  /** Ms since the epoch. */
  begunAt: number;
  finishedAt?: number;
}

/** One run of a job. */
export interface JobRun extends Noted {
  /** Whether it goes on from an earlier start. */
  resumed: boolean;
  /** When the same job was done before, if it was. */
  doneBefore: number | undefined;
  /** Notes that it is done: the next start of the same job is a new one. */
  finish(now: number): void;
}

/** The pipeline's own note in a folder of state; it belongs to whoever runs there now. */
const CLAIMED = /^running\.json/;
const NOTE = 'job.json';
const DAY_MS = 86_400_000;

/**
 * Where the state of a job lies. The same job is the same requests under the same settings.
 * @param identity everything that makes it this job
 */
export function runFolder(jobsDir: string, identity: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
  const folder = join(jobsDir, digest);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** An unfinished job that was read from `file`, but isn't the one of `folder`: its requests or settings differ. */
export function unfinishedOther(
  jobsDir: string,
  folder: string,
  file: string,
): (Noted & { folder: string }) | undefined {
  return readdirSync(jobsDir)
    .map(name => join(jobsDir, name))
    .filter(other => other !== folder)
    .flatMap(other => {
      const noted = read(other);
      return noted && noted.file === file && noted.finishedAt === undefined
        ? { ...noted, folder: other }
        : [];
    })[0];
}

/** Goes on with the unfinished run of a folder, or begins a new one there; the folder must be this process's own. */
export function openRun(folder: string, file: string, now: number): JobRun {
  const earlier = read(folder);
  const resumed = earlier !== undefined && earlier.finishedAt === undefined;
  const noted = resumed ? earlier : { id: randomUUID(), file, begunAt: now };
  if (!resumed) {
    // What a finished run left behind would be taken for this one's.
    for (const name of readdirSync(folder))
      if (!CLAIMED.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
    write(folder, noted);
  }
  return {
    ...noted,
    resumed,
    doneBefore: earlier?.finishedAt,
    finish: finishedAt => write(folder, { ...noted, finishedAt }),
  };
}

/** What a job that has ended still has in its folder, beside the note that it was done. */
export function forgetState(folder: string): void {
  for (const name of readdirSync(folder))
    if (!CLAIMED.test(name) && name !== NOTE) rmSync(join(folder, name), { recursive: true, force: true });
}

/** A job's folder: whether it has ended, ms since the epoch; undefined: it was cut off, or runs. */
export interface RunFolder {
  folder: string;
  finishedAt: number | undefined;
}

/** The folders of all jobs. */
export function runFolders(jobsDir: string): RunFolder[] {
  if (!existsSync(jobsDir)) return [];
  return readdirSync(jobsDir)
    .map(name => join(jobsDir, name))
    .flatMap(folder => {
      const noted = read(folder);
      return noted ? [{ folder, finishedAt: noted.finishedAt }] : [];
    });
}

/** Somebody is about to do it again, or was killed just then. */
const isClaimed = (folder: string) => readdirSync(folder).some(name => CLAIMED.test(name));

/** Of jobs that ended more than `LOCAL_DAYS.jobs` ago only the note is kept that they were done. */
export function forgetOldRuns(jobsDir: string, now: number): void {
  for (const { folder, finishedAt } of runFolders(jobsDir))
    if (finishedAt !== undefined && finishedAt < now - LOCAL_DAYS.jobs * DAY_MS && !isClaimed(folder))
      forgetState(folder);
}

function read(folder: string): Noted | undefined {
  const note = join(folder, NOTE);
  return existsSync(note) ? (JSON.parse(readFileSync(note, 'utf8')) as Noted) : undefined;
}

function write(folder: string, noted: Noted): void {
  const note = join(folder, NOTE);
  writeFileSync(`${note}.new`, JSON.stringify(noted));
  renameSync(`${note}.new`, note);
}
