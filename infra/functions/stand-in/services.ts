import {
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
  type ApplicationAutoScalingClient,
} from '@aws-sdk/client-application-auto-scaling';
import {
  DescribeServicesCommand,
  UpdateServiceCommand,
  type ECSClient,
  type Service,
} from '@aws-sdk/client-ecs';
import { nameIn } from './event.ts';
import type { ServiceCounts, Step } from './plan.ts';
import type { Services } from './reconcile.ts';

/** Which services they are: the cluster by name or ARN, the services by name. */
export interface Names {
  cluster: string;
  main: string;
  standIn: string;
}

/** A service, or what scales it, is not there. Its message names it. */
export class NotThere extends Error {
  override readonly name = 'NotThere';
}

/** How ECS writes these two into a service's events, after `(service NAME)`. */
const FAILED = /unable to place a task/;
const STEADY = /has reached a steady state/;

/** The two services in ECS, and the main one's scalable target in Application Auto Scaling. */
export function ecsServices(
  ecs: Pick<ECSClient, 'send'>,
  scaling: Pick<ApplicationAutoScalingClient, 'send'>,
  { cluster, main, standIn }: Names,
): Services {
  const target = {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ResourceId: `service/${nameIn(cluster)}/${main}`,
  } as const;

  async function describe(): Promise<[Service, Service]> {
    const { services = [], failures = [] } = await ecs.send(
      new DescribeServicesCommand({ cluster, services: [main, standIn] }),
    );
    const named = (name: string) => {
      const found = services.find(({ serviceName, status }) => serviceName === name && status === 'ACTIVE');
      if (found) return found;
      const why = failures.find(({ arn }) => arn?.endsWith(`/${name}`))?.reason ?? 'not active';
      throw new NotThere(`service ${name} in cluster ${nameIn(cluster)}: ${why}`);
    };
    return [named(main), named(standIn)];
  }

  async function bounds(): Promise<{ min: number; max: number }> {
    const { ScalableTargets = [] } = await scaling.send(
      new DescribeScalableTargetsCommand({
        ServiceNamespace: target.ServiceNamespace,
        ScalableDimension: target.ScalableDimension,
        ResourceIds: [target.ResourceId],
      }),
    );
    const { MinCapacity, MaxCapacity } = ScalableTargets[0] ?? {};
    if (MinCapacity === undefined || MaxCapacity === undefined)
      throw new NotThere(`scalable target ${target.ResourceId}: not registered`);
    return { min: MinCapacity, max: MaxCapacity };
  }

  return {
    async look() {
      const [[mainService, standInService], { min, max }] = await Promise.all([describe(), bounds()]);
      return {
        main: { ...countsOf(mainService), min, max },
        standIn: countsOf(standInService),
        failedAtMs: lastSaid(mainService, FAILED),
        steadyAtMs: lastSaid(mainService, STEADY),
        standInChangedAtMs: lastChange(standInService),
      };
    },
    async take(step: Step) {
      switch (step.do) {
        case 'set main max':
          // What isn't named stays as it is.
          await scaling.send(new RegisterScalableTargetCommand({ ...target, MaxCapacity: step.to }));
          return;
        case 'set main desired':
          await ecs.send(new UpdateServiceCommand({ cluster, service: main, desiredCount: step.to }));
          return;
        case 'set stand-in desired':
          await ecs.send(new UpdateServiceCommand({ cluster, service: standIn, desiredCount: step.to }));
      }
    },
  };
}

function countsOf({ desiredCount = 0, runningCount = 0, pendingCount = 0 }: Service): ServiceCounts {
  return { desired: desiredCount, running: runningCount, pending: pendingCount };
}

/**
 * When the service last said so (ms since the epoch). ECS keeps its last 100 messages, and leaves one out that it
 * has just said: whether a failure is over is told by the order of the two, not by how old they are.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html
 */
function lastSaid({ events = [] }: Service, what: RegExp): number | undefined {
  return latest(events.filter(({ message = '' }) => what.test(message)).map(({ createdAt }) => createdAt));
}

/** When a task of it last came or went, or it was last told anything: whatever ECS has a date for. */
function lastChange({ events = [], deployments = [] }: Service): number | undefined {
  return latest([
    ...events.filter(({ message = '' }) => !STEADY.test(message)).map(({ createdAt }) => createdAt),
    ...deployments.map(({ updatedAt }) => updatedAt),
  ]);
}

function latest(dates: (Date | undefined)[]): number | undefined {
  const times = dates.flatMap(date => (date === undefined ? [] : [date.getTime()]));
  return times.length === 0 ? undefined : Math.max(...times);
}
