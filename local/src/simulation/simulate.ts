import { found, type ScriptClient } from '@huntaze/core/lua';
import { QUEUES } from '@huntaze/core/names';
import { redisLedger, redisSlots } from '@huntaze/scraper/redis';
import { ManualClock, Stalled } from '../aws/manual-clock.ts';
import { queueArn } from '../aws/sqs/engine.ts';
import { startEventSource } from '../event-source/event-source.ts';
import { SeededRandom } from '../seeded-random.ts';
import { LOCAL_AWS_REGION } from '../supervisor/queues.ts';
import { askForAll } from './api.ts';
import { simulatedAws } from './aws.ts';
import { Book } from './book.ts';
import { limiterFunction } from './limiter.ts';
import { RedisInStep } from './redis-in-step.ts';
import type { Scenario, Simulated } from './scenario.ts';
import { runTask } from './scraper.ts';
import { simulatedSite } from './site.ts';
import { requestsOf } from './workload.ts';

/** Lambda's time-out for the limiter, as the local pipeline sets it, and the clients' time-outs (ms). */
const FUNCTION_TIMEOUT_MS = 15_000;
const LIMITER_REQUEST_TIMEOUT_MS = 3_000;
const SCRAPER_REQUEST_TIMEOUT_MS = 10_000;
/** The event source ends its calls itself. */
const EVENT_SOURCE_REQUEST_TIMEOUT_MS = 60_000;
/** The picture of how many wait has about so many points. */
const SAMPLES = 120;
/** What is left after the last operation has ended (a deletion, a heartbeat) is over in this time (ms). */
const AFTERWARDS_MS = 120_000;

/**
 * Runs a workload through the pipeline on a virtual clock: the API's intake, the limiter's own code on the scripts in
 * a real Redis, the event source, the queues of local SQS, and the scraper's consumer, lanes, slots and settlement.
 * Only the browser and the site behind it are a model.
 * @param redis of nobody else, and empty
 * @param onProgress told now and then how many of the operations have ended, and the simulated time (ms)
 * @param signal breaks it off; everything that sleeps then never wakes
 * @throws BadFaultPlan; the signal's reason
 */
export async function simulate(
  scenario: Scenario,
  redis: ScriptClient,
  onProgress: (ended: number, nowMs: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Simulated> {
  const random = new SeededRandom(scenario.seed);
  const inStep = new RedisInStep(redis);
  const beginMs = Date.UTC(2026, 0, 1);
  const clock = new ManualClock(beginMs, () => inStep.settle());
  const now = () => clock.now();
  const book = new Book();
  await found(redis, 'new', now());
  const { limit, concurrency } = scenario;
  const aws = simulatedAws({
    clock,
    random,
    functionTimeoutMs: FUNCTION_TIMEOUT_MS,
    faults: scenario.faults,
  });
  const { urlOf } = aws;

  const asking = askForAll(requestsOf(scenario, random.fork('workload')), {
    clock,
    beginMs,
    random: random.fork('operation ids'),
    book,
    intake: {
      redis: inStep,
      sqs: aws.client('api', LIMITER_REQUEST_TIMEOUT_MS),
      queueUrl: urlOf(QUEUES.rateLimiter),
      limit,
    },
  });
  const limiter = limiterFunction({
    sqs: aws.client('limiter', LIMITER_REQUEST_TIMEOUT_MS),
    redis: inStep,
    clock,
    limit,
    urlOf,
    random: random.fork('limiter'),
    deaths: scenario.limiterDeaths,
  });
  const eventSource = startEventSource({
    sqs: aws.client('event source', EVENT_SOURCE_REQUEST_TIMEOUT_MS),
    queueUrl: urlOf(QUEUES.rateLimiter),
    queueArn: queueArn(LOCAL_AWS_REGION, QUEUES.rateLimiter),
    handler: limiter.handler,
    batchSize: 10,
    maximumConcurrency: scenario.pollers,
    functionTimeoutMs: FUNCTION_TIMEOUT_MS,
    clock,
    log: () => undefined,
  });
  const site = simulatedSite({
    clock,
    random: random.fork('site'),
    slots: redisSlots(inStep, limit, now),
    limit,
    secondsPerPage: scenario.secondsPerPage,
    failures: scenario.siteFailures,
  });
  const stop = new AbortController();
  const ledger = redisLedger(inStep, limit.scope, now);
  const tasks = Array.from({ length: scenario.tasks }, (_, index) => {
    const name = `scraper ${index}`;
    const task = {
      sqs: aws.client(name, SCRAPER_REQUEST_TIMEOUT_MS),
      urls: { queue: urlOf(QUEUES.workflows), deadLetters: urlOf(QUEUES.workflowsDeadLetters) },
      ledger,
      driver: site.driver,
      clock,
      random: random.fork(`${name} itself`),
      concurrency,
      beginMs,
      book,
    };
    return runTask(task, stop.signal);
  });

  const stepMs = Math.max(1_000, Math.ceil(expectedRun(scenario) / SAMPLES / 1_000) * 1_000);
  const counts: number[] = [];
  const watch = async () => {
    while (!stop.signal.aborted) {
      counts.push(book.open);
      onProgress(book.ended, now() - beginMs);
      await clock.sleep(stepMs, stop.signal).catch(() => undefined);
    }
  };
  const watching = watch();

  let stalled: string | undefined;
  let simulatedMs: number;
  try {
    await clock.run(Promise.all([asking, book.everythingEnded]), longestRun(scenario), signal);
  } catch (error) {
    if (!(error instanceof Stalled)) throw error;
    stalled = error.message;
  } finally {
    simulatedMs = now() - beginMs;
  }
  await clock.advance(AFTERWARDS_MS);
  stop.abort();
  await clock.run(Promise.all([eventSource.stop(), watching, ...tasks]), AFTERWARDS_MS);
  aws.close();
  return {
    passages: book.passages(),
    refused: stalled === undefined ? await asking : 0,
    siteLog: site.log,
    forwarded: aws.forwarded,
    waiting: { stepMs, counts },
    invocations: limiter.invocations,
    killed: limiter.killed,
    receives: limiter.receives,
    redisCalls: inStep.calls,
    injected: aws.injected(),
    simulatedMs,
    left: aws.counts(),
    stalled,
  };
}

/** How long it takes at least: until the last request, or as long as the limit makes it (ms). */
function expectedRun({ operations, overMs, limit, creators }: Scenario): number {
  const lines = limit.scope === 'platform' ? 1 : creators;
  return Math.max(overMs, (operations / limit.limit / lines) * limit.windowMs) + limit.windowMs;
}

/** What isn't over then won't be: four times that, and half a day for what waits in its backoff (ms). */
function longestRun(scenario: Scenario): number {
  return 4 * expectedRun(scenario) + 12 * 3_600_000;
}
