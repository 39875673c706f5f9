import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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

function read(folder: string): Noted | undefined {
  const note = join(folder, NOTE);
  return existsSync(note) ? (JSON.parse(readFileSync(note, 'utf8')) as Noted) : undefined;
}

function write(folder: string, noted: Noted): void {
  const note = join(folder, NOTE);
  writeFileSync(`${note}.new`, JSON.stringify(noted));
  renameSync(`${note}.new`, note);
}
