import * as z from 'zod/mini';
import { isScheduled } from '../scheduled.ts';

/** Which service is watched: the cluster by its name or its ARN, the service by its name. */
export interface Watched {
  cluster: string;
  service: string;
}

/** Why the function was invoked. Times are ms since the epoch. */
export type Trigger =
  | { is: 'placement failure'; atMs: number }
  | { is: 'steady state'; atMs: number }
  /** The schedule: whatever was missed is made up for. */
  | { is: 'tick' };

/** What to do with an event: act on it, or say in one line why not. */
export type Reading = { trigger: Trigger } | { refused: string };

const TRIGGERS = {
  SERVICE_TASK_PLACEMENT_FAILURE: 'placement failure',
  SERVICE_STEADY_STATE: 'steady state',
} as const;

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html */
const serviceAction = z.object({
  source: z.literal('aws.ecs'),
  'detail-type': z.literal('ECS Service Action'),
  resources: z.array(z.string()),
  detail: z.object({
    eventName: z.enum(['SERVICE_TASK_PLACEMENT_FAILURE', 'SERVICE_STEADY_STATE']),
    clusterArn: z.string(),
    createdAt: z.iso.datetime({ offset: true }),
  }),
});

/** Reads what EventBridge has sent. Only the watched service's own events count. */
export function readEvent(event: unknown, watched: Watched): Reading {
  if (isScheduled(event)) return { trigger: { is: 'tick' } };
  const parsed = z.safeParse(serviceAction, event);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(issue => issue.path.join('.') || 'the event');
    return { refused: `not an event that is known here: see ${[...new Set(fields)].join(', ')}` };
  }
  const { resources, detail } = parsed.data;
  const { clusterArn, createdAt, eventName } = detail;
  const isArn = watched.cluster.startsWith('arn:');
  const cluster = nameIn(watched.cluster);
  if (isArn ? clusterArn !== watched.cluster : nameIn(clusterArn) !== cluster)
    return { refused: `of another cluster: ${clusterArn}` };
  if (!resources.some(arn => arn.endsWith(`:service/${cluster}/${watched.service}`)))
    return { refused: `of another service: ${resources.join(', ')}` };
  return { trigger: { is: TRIGGERS[eventName], atMs: Date.parse(createdAt) } };
}

/** A cluster's name, from its name or its ARN. */
export function nameIn(cluster: string): string {
  return cluster.slice(cluster.lastIndexOf('/') + 1);
}
