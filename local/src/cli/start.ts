// npm start: the whole pipeline on this machine, a sample job through it, and then it stays up.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OperationRequest } from '@huntaze/core/operations';
import { plainProgress, summaryLines } from '../job/progress.ts';
import { buildArtefacts } from '../supervisor/artefacts.ts';
import { StartError } from '../supervisor/errors.ts';
import { startPipeline } from '../supervisor/pipeline.ts';
import { freePort } from '../supervisor/port.ts';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import { fail } from './fail.ts';
import { runInPipeline } from './pipeline-job.ts';
import { Stopped, stopSignal, whenStopped } from './stopped.ts';

const LIMIT = { limit: 10, windowMs: 60_000 };
/** Twelve operations of three creators: two more than a window takes, so that one sees them wait. */
const SAMPLE: OperationRequest[] = Array.from({ length: 12 }, (_, i) => ({
  kind: 'profile.scrape',
  creator_id: `creator-${(i % 3) + 1}`,
  params: {},
}));

const say = (line: string) => console.log(line);

function portFrom(text: string | undefined): number {
  if (text === undefined || text === '') return 3000;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new StartError(`PORT must be a whole number from 0 to 65535, for example PORT=3001 npm start`);
  return Number(text);
}

try {
  const signal = stopSignal();
  const port = portFrom(process.env['PORT']);
  await freePort(port); // before anything takes time: a taken port is the likeliest fault
  await buildArtefacts(say);
  const dataDir = join(PROJECT_ROOT, '.data');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  signal.throwIfAborted();
  say('starting redis, local AWS, the site, the limiter, the scraper and the API …');
  const begun = performance.now();
  const pipeline = await startPipeline({
    dataDir,
    port,
    limit: LIMIT.limit,
    windowSeconds: LIMIT.windowMs / 1_000,
    creators: SAMPLE.map(request => request.creator_id),
  });
  try {
    signal.throwIfAborted();
    say(`up after ${((performance.now() - begun) / 1_000).toFixed(1)} s: ${pipeline.apiUrl}`);
    say(`token: ${pipeline.token}   (kept in .data/token)`);
    say(`sample job: ${SAMPLE.length} operations of 3 creators, at most ${LIMIT.limit} in any 60 s`);
    const report = await runInPipeline(pipeline, { id: crypto.randomUUID(), begunAt: Date.now(), requests: SAMPLE }, LIMIT, plainProgress(say), signal);
    for (const line of summaryLines(report)) say(line);
    say('');
    say(`page      ${pipeline.apiUrl}/`);
    say(`API       ${pipeline.apiUrl}/api/onlyfans/operations`);
    say('token     .data/token');
    say(`site log  ${pipeline.siteUrl}/__site/log`);
    say(`logs      .data/logs/`);
    say('Ctrl-C stops everything.');
    const broken = pipeline.broken.then(what => {
      throw new StartError(what);
    });
    await Promise.race([whenStopped(signal), broken]);
  } finally {
    say('stopping …');
    await pipeline.stop();
  }
} catch (error) {
  if (!(error instanceof Stopped)) fail(error);
}
