// npm start: the whole pipeline on this machine, a sample job through it, and then it stays up.
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { OperationRequest } from '@huntaze/core/operations';
import { jobProgress, summaryLines } from '../job/progress.ts';
import { buildArtefacts } from '../supervisor/artefacts.ts';
import { claimFolder } from '../supervisor/claim.ts';
import { StartError } from '../supervisor/errors.ts';
import { startPipeline } from '../supervisor/pipeline.ts';
import { freePort } from '../supervisor/port.ts';
import { PROJECT_ROOT } from '../supervisor/tools.ts';
import { fail } from './fail.ts';
import { runInPipeline } from './pipeline-job.ts';
import { Stopped, stopSignal, whenStopped } from './stopped.ts';

const LIMIT = { limit: 10, windowMs: 60_000 };
/** What each of the sample's creators asks for, in this order. */
const EACH: Pick<OperationRequest, 'kind' | 'params'>[] = [
  { kind: 'profile.scrape', params: {} },
  { kind: 'fans.scrape', params: { status: 'active', max: 20 } },
  { kind: 'message.send', params: { fan_id: 'fan-1', text: 'Thank you for being here!' } },
  { kind: 'message.send', params: { fan_id: 'fan-2', text: 'How did you like the last one?' } },
];
const CREATORS = ['creator-1', 'creator-2', 'creator-3'];
/** Twelve operations: two more than a window takes, so that one sees them wait. */
const SAMPLE = EACH.flatMap(one => CREATORS.map(creator_id => ({ ...one, creator_id }) as OperationRequest));

function portFrom(text: string | undefined): number {
  if (text === undefined || text === '') return 3000;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new StartError(`PORT must be a whole number from 0 to 65535, for example PORT=3001 npm start`);
  return Number(text);
}

/** A path as one types it: from the project's root, if it is in there. */
function shown(path: string): string {
  const inside = relative(PROJECT_ROOT, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}

const progress = jobProgress(process.stdout, process.env);
const say = (line: string) => progress.say(line);

try {
  const signal = stopSignal();
  const port = portFrom(process.env['PORT']);
  // Another folder than the project's own: for tests, and for two at a time.
  const dataDir = resolve(PROJECT_ROOT, process.env['HUNTAZE_DATA_DIR'] || '.data');
  // Before anything takes time: that it runs already, or that its port is taken, are the likeliest faults.
  const claim = await claimFolder(dataDir, say);
  let pipeline;
  try {
    await freePort(port);
    await buildArtefacts(say, 'run here', signal);
    signal.throwIfAborted();
    say('starting redis, local AWS, the site, the limiter, the scraper and the API …');
    const begun = performance.now();
    pipeline = await startPipeline({
      dataDir,
      claim,
      port,
      limit: LIMIT.limit,
      windowSeconds: LIMIT.windowMs / 1_000,
      creators: CREATORS,
      say,
      signal,
    });
    say(`up after ${((performance.now() - begun) / 1_000).toFixed(1)} s: ${pipeline.apiUrl}`);
  } catch (error) {
    claim.release();
    throw error;
  }
  try {
    signal.throwIfAborted();
    say(`token: ${pipeline.token}   (kept in ${shown(join(dataDir, 'token'))})`);
    say(
      `sample job: ${SAMPLE.length} operations of ${CREATORS.length} creators, at most ${LIMIT.limit} in any 60 s`,
    );
    const begunAt = Date.now();
    const job = { id: `sample-${begunAt}`, begunAt, requests: SAMPLE };
    const report = await runInPipeline(pipeline, job, LIMIT, progress, signal);
    progress.end();
    for (const line of summaryLines(report)) say(line);
    say('');
    say(`page      ${pipeline.apiUrl}/`);
    say(`API       ${pipeline.apiUrl}/api/onlyfans/operations, described on ${pipeline.apiUrl}/docs`);
    say(`token     ${shown(join(dataDir, 'token'))}`);
    say(`results   ${pipeline.awsUrl}/${pipeline.bucket}?list-type=2&prefix=results/`);
    say(`site log  ${pipeline.siteUrl}/__site/log`);
    say(`logs      ${shown(join(dataDir, 'logs'))}/`);
    say('It stays up, and starts again what ends by itself. Ctrl-C stops everything.');
    const broken = pipeline.broken.then(what => {
      throw new StartError(what);
    });
    await Promise.race([whenStopped(signal), broken]);
  } finally {
    progress.end();
    say('stopping …');
    await pipeline.stop();
  }
} catch (error) {
  if (!(error instanceof Stopped)) fail(error);
}
