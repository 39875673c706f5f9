import type { Clock } from '@huntaze/core/clock';
import { readEnvelope } from '@huntaze/core/envelope';
import { QUEUES } from '@huntaze/core/names';
import { Faults } from '../aws/faults/faults.ts';
import type { FaultPlanInput } from '../aws/faults/plan.ts';
import { SqsEngine } from '../aws/sqs/engine.ts';
import { NO_JOURNAL } from '../aws/sqs/journal.ts';
import type { Message } from '../aws/sqs/message.ts';
import { SqsService } from '../aws/sqs/service.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { LOCAL_AWS_REGION, pipelineQueues } from '../supervisor/queues.ts';
import { inProcessSqs, type SqsPort } from './in-process-sqs.ts';
import type { Forwarded } from './scenario.ts';
import { uuid } from './uuid.ts';

/** Calls of SQS take this long, half of them (ms), and how far they spread. */
const LATENCY_MS = 10;
const LATENCY_SPREAD = 0.5;

/** The pipeline's queues on a virtual clock, and clients for them. */
export interface SimulatedAws {
  urlOf: (queueName: string) => string;
  /** A client with random numbers of its own. */
  client: (name: string, requestTimeoutMs: number) => SqsPort;
  /** Every message that came into the workflows queue. */
  forwarded: Forwarded[];
  /** How often each rule of the fault plan struck. */
  injected: () => number[];
  /** How many messages there are, by queue. */
  counts: () => Record<string, number>;
  close: () => void;
}

/** Local SQS in memory, in this process. */
export function simulatedAws(options: {
  clock: Clock;
  random: SeededRandom;
  functionTimeoutMs: number;
  faults: FaultPlanInput | undefined;
}): SimulatedAws {
  const { clock, random } = options;
  const ids = random.fork('message ids');
  const forwarded: Forwarded[] = [];
  const journal = {
    ...NO_JOURNAL,
    sent: ({ queue, sentAt, groupId = '', body, id }: Message) => {
      if (queue !== QUEUES.workflows) return;
      forwarded.push({ atMs: sentAt, creatorId: groupId, operationId: readEnvelope(body).operationId ?? id });
    },
  };
  const engine = new SqsEngine({ region: LOCAL_AWS_REGION, newMessageId: () => uuid(ids), journal });
  for (const { name, attributes } of pipelineQueues(options.functionTimeoutMs / 1_000))
    engine.createQueue(name, new Map(Object.entries(attributes)), clock.now());
  const faults = new Faults(clock, options.faults);
  const service = new SqsService({ clock, engine, commit: () => undefined, faults });
  service.urls.origin = 'http://127.0.0.1';
  return {
    forwarded,
    urlOf: name => service.urls.of(name),
    client(name, requestTimeoutMs) {
      const own = random.fork(name);
      const latencyMs = () => own.around(LATENCY_MS, LATENCY_SPREAD);
      return inProcessSqs({
        service,
        clock,
        random: own,
        latencyMs,
        requestTimeoutMs,
        isFaulty: faults.isOn,
      });
    },
    injected: () => faults.report()?.rules.map(rule => rule.injected) ?? [],
    counts() {
      const counts = engine.queues().map(queue => {
        const { available, inFlight, delayed } = queue.counts(clock.now());
        return [queue.name, available + inFlight + delayed];
      });
      return Object.fromEntries(counts) as Record<string, number>;
    },
    close: () => service.close(),
  };
}
