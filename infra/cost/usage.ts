import { DAYS_A_MONTH, value } from './factors.ts';
import type { Installation } from './installation.ts';

/** What is asked of an installation. */
export interface Demand {
  operationsPerDay: number;
  creators: number;
  /** What the browser loads from the site for an operation. */
  pageMegabytes: number;
  /** The account has a trail already: this one is paid for by the event. */
  hasOtherTrail: boolean;
  /** Tasks of the scraper, on average. */
  tasks: number;
}

const MINUTES_AN_HOUR = 60;
const SECONDS_AN_HOUR = 3_600;
/** The stand-in looks at two services and a target each time. */
const LOOKS_OF_STAND_IN = 3;

/** What is used in a month, whatever for: each of it is billed in one place or more. */
export interface Usage {
  operations: number;
  receives: number;
  invocations: number;
  standIns: number;
  /** Looks for unfinished rotations. */
  resumptions: number;
  /** Polls of all tasks of the scraper. */
  taskPolls: number;
  logins: number;
  secretRequests: number;
  keyRequests: number;
  trailEvents: number;
  puts: number;
  gets: number;
  /** Requests to the API; none where it is elsewhere. */
  apiRequests: number;
}

export function usageOf(installation: Installation, demand: Demand): Usage {
  const operations = demand.operationsPerDay * DAYS_A_MONTH;
  const receives = operations * value('receives');
  const logins = demand.creators * value('logins') * DAYS_A_MONTH;
  const resumptions = installation.resumptionsPerHour * value('hours');
  const secretRequests = logins + value('secretReads') * DAYS_A_MONTH + resumptions;
  const puts = operations * value('puts') + value('trailFiles') * DAYS_A_MONTH;
  const gets = operations * (value('gets') + value('reads'));
  const keyRequests =
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html: two for each
    // producer and one for each consumer, each time that a data key is used up; one of either has each queue.
    installation.keyReuseSeconds.reduce(
      (sum, seconds) => sum + (value('hours') * SECONDS_AN_HOUR * 3) / seconds,
      0,
    ) +
    logins * value('sealings') +
    secretRequests +
    (puts + gets) * value('bucketKeyShare');
  return {
    operations,
    receives,
    invocations: receives * value('invocations'),
    resumptions,
    standIns: installation.standInsPerHour * value('hours'),
    taskPolls: demand.tasks * value('taskPolls') * MINUTES_AN_HOUR * value('hours'),
    logins,
    secretRequests,
    keyRequests,
    trailEvents:
      keyRequests + secretRequests + installation.standInsPerHour * value('hours') * LOOKS_OF_STAND_IN,
    puts,
    gets,
    apiRequests: installation.hasFront ? operations * (1 + value('looks')) : 0,
  };
}
