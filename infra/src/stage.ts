import { RemovalPolicy } from 'aws-cdk-lib';
import { KEPT_DAYS } from '@huntaze/core/retention';
import type { Context } from './context.ts';

/** What differs between a stage that is tried and one that is lived on. Requirements hold in both. */
export interface Stage {
  name: Context['stage'];
  /** Private subnets behind a NAT in each zone; without, tasks get public addresses that nothing may call. */
  isPrivate: boolean;
  /** Redis: a node, and a replica in another zone that takes over. */
  redis: { nodeType: string; nodes: number; snapshotDays: number };
  /** The stack, and its load balancer, are not deleted by mistake. */
  isKept: boolean;
  /** Of what holds data: kept when the stack goes. (What a first deployment made that failed goes all the same, or the next
   * one would find its names taken.) */
  removalPolicy: RemovalPolicy;
  /** How long logs, results and the audit trail are kept (days; one of those that CloudWatch knows). */
  keptDays: { logs: number; results: number; trail: number };
  /** Interface endpoints beside those of SQS and Secrets Manager. */
  endpoints: string[];
  /** In how many zones the interface endpoints are: each is paid for by the hour. */
  endpointZones: number;
  /** The API's tasks. */
  apiTasks: number;
}

const DEV: Stage = {
  name: 'dev',
  isPrivate: false,
  redis: { nodeType: 'cache.t4g.micro', nodes: 1, snapshotDays: KEPT_DAYS.dev.snapshots },
  isKept: false,
  removalPolicy: RemovalPolicy.DESTROY,
  keptDays: KEPT_DAYS.dev,
  // Functions have no public addresses: the token's rotation reaches ElastiCache through this one.
  endpoints: ['elasticache'],
  endpointZones: 1,
  apiTasks: 1,
};

const PROD: Stage = {
  name: 'prod',
  isPrivate: true,
  redis: { nodeType: 'cache.t4g.small', nodes: 2, snapshotDays: KEPT_DAYS.prod.snapshots },
  isKept: true,
  removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  keptDays: KEPT_DAYS.prod,
  endpoints: ['ecr.api', 'ecr.dkr', 'logs', 'kms', 'elasticache'],
  endpointZones: 2,
  apiTasks: 2,
};

export const STAGES: Record<Context['stage'], Stage> = { dev: DEV, prod: PROD };
