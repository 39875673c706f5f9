import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is remembered of a job while it runs, so that one that was cut off goes on where it was. */
export interface JobRun {
  /** Begins the idempotency key of every request: sent twice, it is one operation. */
  id: string;
  /** Ms since the epoch. */
  begunAt: number;
  /** Where its pipeline's state lies. */
  dataDir: string;
  /** Whether it goes on from an earlier start. */
  resumed: boolean;
  /** Forgets it: the next start of the same job is a new one. */
  finish(): void;
}

/**
 * Finds the unfinished run of a job, or begins a new one. The same job is the same requests under the same
 * settings, whatever the file is called.
 * @param jobsDir where the jobs' state lies, a folder each
 * @param identity everything that makes it this job
 */
export function openRun(jobsDir: string, identity: unknown, now: number): JobRun {
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
  const dataDir = join(jobsDir, digest);
  const file = join(dataDir, 'job.json');
  const earlier = readRun(file);
  if (!earlier) {
    // What a finished run left behind would be taken for this one's.
    rmSync(dataDir, { recursive: true, force: true });
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, JSON.stringify({ id: randomUUID(), begunAt: now }));
    renameSync(`${file}.new`, file);
  }
  const { id, begunAt } = earlier ?? readRun(file)!;
  return { id, begunAt, dataDir, resumed: earlier !== undefined, finish: () => rmSync(file) };
}

function readRun(file: string): { id: string; begunAt: number } | undefined {
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { id: string; begunAt: number })
    : undefined;
}
