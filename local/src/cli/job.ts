// npm run job -- FILE.jsonl: every request of the file through the whole pipeline, and what came of it.
import { accessSync, constants, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isEnded, type OperationRequest } from '@huntaze/core/operations';
import { readJob } from '../job/file.ts';
import { openRun } from '../job/ledger.ts';
import { jobProgress, summaryLines } from '../job/progress.ts';
import type { JobReport } from '../job/run.ts';
import { buildArtefacts } from '../supervisor/artefacts.ts';
import { StartError } from '../supervisor/errors.ts';
import { startPipeline } from '../supervisor/pipeline.ts';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import { fail } from './fail.ts';
import { runInPipeline } from './pipeline-job.ts';
import { Stopped, stopSignal } from './stopped.ts';

const USAGE = 'usage: npm run job -- FILE.jsonl [--out FILE] [--json] [--limit N --window S] [--site URL]';

interface Arguments {
  file: string;
  out: string | undefined;
  json: boolean;
  limit: number;
  windowSeconds: number;
  site: string | undefined;
}

function readArguments(argv: string[]): Arguments {
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        json: { type: 'boolean', default: false },
        limit: { type: 'string', default: '10' },
        window: { type: 'string', default: '60' },
        site: { type: 'string' },
      },
    });
  } catch (error) {
    throw new StartError(
      `${error instanceof Error ? error.message.split('. ')[0] : String(error)}; ${USAGE}`,
    );
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 1) throw new StartError(`name one file of requests; ${USAGE}`);
  return {
    file: positionals[0]!,
    out: values.out === undefined ? undefined : writable(values.out),
    json: values.json,
    limit: numberOf('--limit', values.limit, 10_000, true),
    windowSeconds: numberOf('--window', values.window, 86_400, false),
    site: values.site === undefined ? undefined : originOf(values.site),
  };
}

function numberOf(name: string, text: string, most: number, whole: boolean): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0 || value > most || (whole && !Number.isInteger(value)))
    throw new StartError(
      `${name} must be a ${whole ? 'whole ' : ''}number above 0 and up to ${most}, not "${text}"`,
    );
  return value;
}

/** Whether the results can be written there is found out before anything is sent. */
function writable(file: string): string {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a folder');
    accessSync(dirname(resolve(file)), constants.W_OK);
    return file;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new StartError(`--out ${file} can't be written: ${why}`);
  }
}

function originOf(text: string): string {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new StartError(`--site must be an address like http://127.0.0.1:4000, not "${text}"`);
  return url.origin;
}

function readRequests(file: string): OperationRequest[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartError(`${file} can't be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  const job = readJob(basename(file), text);
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

// A person's lines stand on standard error: with --json, standard output is the one object.
const progress = jobProgress(process.stderr, process.env);
const say = (line: string) => progress.say(line);

try {
  const args = readArguments(process.argv.slice(2));
  const requests = readRequests(args.file);
  const signal = stopSignal();
  await buildArtefacts(say, signal);
  const identity = [requests, args.limit, args.windowSeconds, args.site ?? 'local'];
  const run = openRun(join(PROJECT_ROOT, '.data/jobs'), identity, Date.now());
  if (run.resumed)
    say(`this job was cut off; going on where it was (begun ${new Date(run.begunAt).toLocaleString()})`);
  const limit = { limit: args.limit, windowMs: args.windowSeconds * 1_000 };
  say(`starting the pipeline; at most ${args.limit} operations in any ${args.windowSeconds} s …`);
  const pipeline = await startPipeline({
    dataDir: run.dataDir,
    port: 0,
    limit: args.limit,
    windowSeconds: args.windowSeconds,
    creators: requests.map(request => request.creator_id),
    say,
    signal,
    ...(args.site === undefined ? {} : { siteOrigin: args.site }),
  });
  let report: JobReport;
  try {
    report = await runInPipeline(pipeline, { ...run, requests }, limit, progress, signal);
  } finally {
    progress.end();
    await pipeline.stop();
  }
  // What has not ended goes on at the next start.
  if (report.entries.every(entry => entry.seen && isEnded(entry.seen.state))) run.finish();
  if (args.out !== undefined) writeResults(args.out, report);
  for (const line of summaryLines(report)) say(line);
  if (args.json) console.log(JSON.stringify(report.summary));
  if (report.summary.succeeded !== report.summary.requested || report.summary.lost > 0) process.exitCode = 1;
} catch (error) {
  if (error instanceof Stopped) process.exitCode = 130;
  else fail(error);
}
