import type { DescribeScalableTargetsCommandOutput } from '@aws-sdk/client-application-auto-scaling';
import type { Service } from '@aws-sdk/client-ecs';
import { beforeEach, expect, test } from 'vitest';
import { ecsServices, NotThere } from './services.ts';

const CLUSTER = 'arn:aws:ecs:eu-west-1:111122223333:cluster/huntaze';
const at = (ms: number) => new Date(1_800_000_000_000 + ms);

/** What the two services answer, and what they were asked. */
let described: Service[];
let targets: DescribeScalableTargetsCommandOutput['ScalableTargets'];
let asked: [name: string, input: unknown][];
const failures = [
  { arn: 'arn:aws:ecs:eu-west-1:111122223333:service/huntaze/scraper-stand-in', reason: 'MISSING' },
];

/** A client that sends nothing. */
const answering = (answer: (name: string) => unknown) => ({
  send: (command: { input: unknown }) => {
    asked.push([command.constructor.name, command.input]);
    return Promise.resolve(answer(command.constructor.name));
  },
});
const services = () =>
  ecsServices(
    answering(() => ({ services: described, failures })) as never,
    answering(() => ({ ScalableTargets: targets })) as never,
    { cluster: CLUSTER, main: 'scraper', standIn: 'scraper-stand-in' },
  );

beforeEach(() => {
  asked = [];
  const counts = { status: 'ACTIVE', desiredCount: 4, runningCount: 3, pendingCount: 1 };
  described = [
    { ...counts, serviceName: 'scraper-stand-in' },
    { ...counts, serviceName: 'scraper', desiredCount: 6 },
  ];
  targets = [{ MinCapacity: 1, MaxCapacity: 6 } as never];
});

test('both services are described at once, and the bounds of the main one', async () => {
  const seen = await services().look();
  expect(seen).toEqual({
    main: { desired: 6, running: 3, pending: 1, min: 1, max: 6 },
    standIn: { desired: 4, running: 3, pending: 1 },
    failedAtMs: undefined,
    steadyAtMs: undefined,
    standInChangedAtMs: undefined,
  });
  expect(asked).toEqual([
    ['DescribeServicesCommand', { cluster: CLUSTER, services: ['scraper', 'scraper-stand-in'] }],
    [
      'DescribeScalableTargetsCommand',
      {
        ServiceNamespace: 'ecs',
        ScalableDimension: 'ecs:service:DesiredCount',
        ResourceIds: ['service/huntaze/scraper'],
      },
    ],
  ]);
});

test('what the main service has said last is read from its events', async () => {
  const said = (ms: number, message: string) => ({
    createdAt: at(ms),
    message: `(service scraper) ${message}`,
  });
  described[1]!.events = [
    said(50, 'has started 1 tasks: (task 0f3e).'),
    said(40, 'was unable to place a task. Reason: Capacity is unavailable at this time.'),
    said(30, 'has reached a steady state.'),
    said(20, 'was unable to place a task. Reason: Capacity is unavailable at this time.'),
  ];
  const { failedAtMs, steadyAtMs } = await services().look();
  expect([failedAtMs, steadyAtMs]).toEqual([at(40).getTime(), at(30).getTime()]);
});

test('the stand-in has changed when anything last happened to it; that it is steady is no change', async () => {
  described[0]!.events = [
    { createdAt: at(90), message: '(service scraper-stand-in) has reached a steady state.' },
    {
      createdAt: at(50),
      message: '(service scraper-stand-in) has started 2 tasks: (task 0f3e) (task 1a2b).',
    },
  ];
  expect((await services().look()).standInChangedAtMs).toBe(at(50).getTime());
  described[0]!.deployments = [{ updatedAt: at(60) }];
  expect((await services().look()).standInChangedAtMs).toBe(at(60).getTime());
});

test('a step is one call, which names what it changes and nothing else', async () => {
  const it = services();
  await it.take({ do: 'set main max', to: 5 });
  await it.take({ do: 'set main desired', to: 4 });
  await it.take({ do: 'set stand-in desired', to: 3 });
  expect(asked).toEqual([
    [
      'RegisterScalableTargetCommand',
      {
        ServiceNamespace: 'ecs',
        ScalableDimension: 'ecs:service:DesiredCount',
        ResourceId: 'service/huntaze/scraper',
        MaxCapacity: 5,
      },
    ],
    ['UpdateServiceCommand', { cluster: CLUSTER, service: 'scraper', desiredCount: 4 }],
    ['UpdateServiceCommand', { cluster: CLUSTER, service: 'scraper-stand-in', desiredCount: 3 }],
  ]);
});

test('what is missing is named', async () => {
  described.shift();
  const missing = services().look();
  await expect(missing).rejects.toBeInstanceOf(NotThere);
  await expect(missing).rejects.toThrow('service scraper-stand-in in cluster huntaze: MISSING');
});

test('a service that is being removed is not there, nor is one that nothing scales', async () => {
  described[1]!.status = 'DRAINING';
  await expect(services().look()).rejects.toThrow('service scraper in cluster huntaze: not active');
  described[1]!.status = 'ACTIVE';
  targets = [];
  await expect(services().look()).rejects.toThrow('scalable target service/huntaze/scraper: not registered');
});
