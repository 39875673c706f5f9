import { found, readOperation } from '@huntaze/core/lua';
import { QUEUES } from '@huntaze/core/names';
import { isEnded } from '@huntaze/core/operations';
import { ManualClock, Stalled } from '../aws/manual-clock.ts';
import { queueArn } from '../aws/sqs/engine.ts';
import { startEventSource } from '../event-source/event-source.ts';
import { SeededRandom } from '../seeded-random.ts';
import { LOCAL_AWS_REGION } from '../supervisor/queues.ts';
import { askForAll } from './api.ts';
import { simulatedAws } from './aws.ts';
import { Book } from './book.ts';
import { limiterFunction } from './limiter.ts';
import { Operators } from './operators.ts';
import { RedisInStep, type RedisClient } from './redis-in-step.ts';
import { UnsteadyRedis } from './redis-mishaps.ts';
import type { Passage, Scenario, Simulated } from './scenario.ts';
import { Tasks } from './scraper.ts';
import { simulatedSite } from './site.ts';
import { expectedRun, longestRun } from './span.ts';
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
  redis: RedisClient,
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
  const { limit, concurrency, redisFailures = 0, taskDeaths = 0, operatorActions = 0 } = scenario;
  const unsteady = new UnsteadyRedis(inStep, clock, random.fork('redis'));
  /** As everybody but the operators sees it. */
  const seen = redisFailures > 0 ? unsteady : inStep;
  const aws = simulatedAws({
    clock,
    random,
    functionTimeoutMs: FUNCTION_TIMEOUT_MS,
    faults: scenario.faults,
  });
  const { urlOf } = aws;

  const requests = requestsOf(scenario, random.fork('workload'));
  const asking = askForAll(requests, {
    clock,
    beginMs,
    random: random.fork('operation ids'),
    book,
    intake: {
      redis: seen,
      sqs: aws.client('api', LIMITER_REQUEST_TIMEOUT_MS),
      queueUrl: urlOf(QUEUES.rateLimiter),
      limit,
    },
  });
  const limiter = limiterFunction({
    sqs: aws.client('limiter', LIMITER_REQUEST_TIMEOUT_MS),
    redis: seen,
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
    random: random.fork('site'),
    limit,
    secondsPerPage: scenario.secondsPerPage,
    failures: scenario.siteFailures,
  });
  const stop = new AbortController();
  const tasks = new Tasks({
    sqs: name => aws.client(name, SCRAPER_REQUEST_TIMEOUT_MS),
    urls: { queue: urlOf(QUEUES.workflows), deadLetters: urlOf(QUEUES.workflowsDeadLetters) },
    redis: seen,
    limit,
    site,
    clock,
    random: random.fork('tasks'),
    concurrency,
    beginMs,
    book,
  });
  const operators = new Operators({
    redis: inStep,
    clock,
    random: random.fork('operators'),
    book,
    beginMs,
    limit,
    creators: [...new Set(requests.map(({ request }) => request.creator_id))],
  });
  const spanMs = expectedRun(scenario);
  const running = [
    tasks.run(scenario.tasks, scenario.tasksAfterMs ?? 0, stop.signal),
    ...(taskDeaths > 0 ? [tasks.die(taskDeaths, spanMs, stop.signal)] : []),
    ...(redisFailures > 0 ? [unsteady.run(redisFailures, spanMs, stop.signal)] : []),
    ...(operatorActions > 0 ? [operators.run(operatorActions, spanMs, stop.signal)] : []),
  ];

  const stepMs = Math.max(1_000, Math.ceil(spanMs / SAMPLES / 1_000) * 1_000);
  const counts: number[] = [];
  /** What expires in the line nobody is told of: it must be looked for. */
  const lookForExpired = async () => {
    for (const { operationId, request } of book.openOnes())
      if (request.not_after !== undefined && Date.parse(request.not_after) < now()) {
        const { state } = (await readOperation(inStep, limit, operationId, now())) ?? {};
        if (state !== undefined && isEnded(state)) book.end(operationId, state, now() - beginMs);
      }
  };
  const watch = async () => {
    while (!stop.signal.aborted) {
      if (scenario.expiring) await lookForExpired();
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
  await clock.run(Promise.all([eventSource.stop(), watching, ...running]), AFTERWARDS_MS);
  aws.close();
  return {
    passages: passagesOf(book, aws.forwarded, limiter.receives, beginMs),
    refused: stalled === undefined ? await asking : 0,
    siteLog: site.log,
    forwarded: aws.forwarded,
    begun: tasks.begun,
    pauses: operators.pauses,
    closures: operators.closures,
    limits: operators.limits,
    memoryLostAtMs: unsteady.lostAtMs,
    redisFailures: unsteady.happened,
    operatorActions: operators.done,
    waiting: { stepMs, counts },
    invocations: limiter.invocations,
    killed: limiter.killed,
    tasksKilled: tasks.killed,
    receives: [...limiter.receives.values()].reduce((sum, count) => sum + count, 0),
    sentAgain: limiter.sentAgain,
    redisCalls: inStep.calls,
    injected: aws.injected(),
    simulatedMs,
    left: aws.counts(),
    stalled,
  };
}

/** The book's entries, with what the queues have seen of each. */
function passagesOf(
  book: Book,
  forwarded: Simulated['forwarded'],
  receives: Map<string, number>,
  beginMs: number,
): Passage[] {
  const forwards = Map.groupBy(forwarded, ({ operationId }) => operationId);
  return book.entries().map(entry => {
    const own = forwards.get(entry.operationId) ?? [];
    return {
      ...entry,
      forwardedAtMs: own[0] === undefined ? undefined : own[0].atMs - beginMs,
      forwards: own.length,
      receives: receives.get(entry.operationId) ?? 0,
    };
  });
}
