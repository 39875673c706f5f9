// npm run job -- FILE.jsonl: every request of the file through the whole pipeline, and what came of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isEnded, type OperationRequest } from '@huntaze/core/operations';
import { readJob } from '../job/file.ts';
import { forgetOldRuns, openRun, runFolder, unfinishedOther, type JobRun } from '../job/ledger.ts';
import { jobProgress, summaryLines } from '../job/progress.ts';
import type { JobReport, Observer } from '../job/run.ts';
import { buildArtefacts } from '../supervisor/artefacts.ts';
import { claimFolder, type Claim } from '../supervisor/claim.ts';
import { StartError } from '../supervisor/errors.ts';
import { startPipeline } from '../supervisor/pipeline.ts';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import { fail } from './fail.ts';
import { readArguments, USAGE, whyNot, type Arguments } from './job-arguments.ts';
import { runInPipeline } from './pipeline-job.ts';
import { Stopped, stopSignal } from './stopped.ts';

function readRequests(file: string): OperationRequest[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new StartError(`${file} can't be read: ${whyNot(error)}`);
  }
  const job = readJob(basename(file), bytes);
  if ('faults' in job) throw new StartError([...job.faults, 'nothing was sent'].join('\n'));
  return job.requests;
}

function writeResults(file: string, report: JobReport): void {
  const lines = report.entries.map((entry, i) =>
    JSON.stringify({
      operation_id: entry.operationId,
      ...entry.request,
      state: entry.seen?.state,
      result: report.outcomes[i]?.result,
    }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
}

/** A moment as people write it, in their own time zone: 2026-11-23 19:02. */
function moment(ms: number): string {
  return new Date(ms).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short' });
}

/** Finds out whether this job goes on from an earlier start, and says so. */
function openJob(folder: string, file: string): JobRun {
  const jobsDir = join(folder, '..');
  const other = unfinishedOther(jobsDir, folder, file);
  if (other)
    throw new StartError(
      `${basename(file)} was begun at ${moment(other.begunAt)} with other requests or settings, and cut off: ` +
        `start it as it was to finish it, or give it up with: rm -r ${other.folder}`,
    );
  const run = openRun(folder, file, Date.now());
  if (run.resumed) say(`this job was cut off; going on where it was (begun ${moment(run.begunAt)})`);
  if (run.doneBefore !== undefined) say(`this job was done at ${moment(run.doneBefore)}; doing it again`);
  return run;
}

async function runJobFile(args: Arguments, requests: OperationRequest[], signal: AbortSignal): Promise<void> {
  forgetOldRuns(join(PROJECT_ROOT, '.data/jobs'), Date.now());
  const identity = [requests, args.limit, args.windowSeconds, args.site ?? 'local'];
  const dataDir = runFolder(join(PROJECT_ROOT, '.data/jobs'), identity);
  const claim: Claim = await claimFolder(dataDir, say);
  let pipeline;
  let run: JobRun;
  try {
    run = openJob(dataDir, resolve(args.file));
    await buildArtefacts(say, 'run here', signal);
    say(`starting the pipeline; at most ${args.limit} operations in any ${args.windowSeconds} s …`);
    pipeline = await startPipeline({
      dataDir,
      claim,
      port: 0,
      limit: args.limit,
      windowSeconds: args.windowSeconds,
      creators: requests.map(request => request.creator_id),
      say,
      signal,
      ...(args.site === undefined ? {} : { siteOrigin: args.site }),
    });
  } catch (error) {
    claim.release();
    throw error;
  }
  let done = 0;
  const observer: Observer = {
    progress(entries, now) {
      done = entries.filter(entry => entry.seen && isEnded(entry.seen.state)).length;
      progress.progress(entries, now);
    },
  };
  const limit = { limit: args.limit, windowMs: args.windowSeconds * 1_000 };
  let report: JobReport;
  try {
    report = await runInPipeline(pipeline, { ...run, requests }, limit, observer, signal);
  } catch (error) {
    progress.end();
    if (error instanceof Stopped)
      say(`stopped at ${done} of ${requests.length}; the same command goes on from here`);
    throw error;
  } finally {
    progress.end();
    await pipeline.stop();
  }
  if (report.entries.every(entry => entry.seen && isEnded(entry.seen.state))) run.finish(Date.now());
  if (args.out !== undefined) writeResults(args.out, report);
  for (const line of summaryLines(report)) say(line);
  if (args.json) console.log(JSON.stringify(report.summary));
  if (report.summary.succeeded !== report.summary.requested || report.summary.lost > 0) process.exitCode = 1;
}

// A person's lines stand on standard error: with --json, standard output is the one object.
const progress = jobProgress(process.stderr, process.env);
const say = (line: string) => progress.say(line);

try {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) console.log(USAGE);
  else {
    const args = readArguments(argv);
    await runJobFile(args, readRequests(args.file), stopSignal());
  }
} catch (error) {
  if (error instanceof Stopped) process.exitCode = 130;
  else fail(error);
}
