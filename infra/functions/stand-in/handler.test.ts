import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { handler } from './handler.ts';

// The function as Lambda has it: its queue's records in, calls to ECS and Application Auto Scaling out.

/** What was called, and with what. */
let called: [call: string, input: Record<string, unknown>][];
/** What answers otherwise than with an error. */
let answers: Record<string, unknown>;
const aws = createServer((request, response) => {
  let body = '';
  request.on('data', chunk => (body += String(chunk)));
  request.on('end', () => {
    const call = String(request.headers['x-amz-target']).replace(/^.*\./, '');
    called.push([call, JSON.parse(body) as Record<string, unknown>]);
    const answer = answers[call];
    response.writeHead(answer === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer ?? { __type: 'AccessDeniedException', message: 'no' }));
  });
});
let handle: typeof handler;

beforeAll(async () => {
  await new Promise<void>(resolve => aws.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  const env = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_ECS: url,
    AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: url,
    CLUSTER: 'huntaze',
    SERVICE: 'scraper',
    STAND_IN_SERVICE: 'stand-in',
    MAX_TASKS: '10',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  handle = (await import('./handler.ts')).handler;
});
beforeEach(() => {
  const service = (serviceName: string, desiredCount: number, runningCount: number) => ({
    serviceName,
    status: 'ACTIVE',
    desiredCount,
    runningCount,
    pendingCount: 0,
  });
  called = [];
  answers = {
    DescribeServices: { services: [service('scraper', 5, 1), service('stand-in', 0, 0)] },
    DescribeScalableTargets: { ScalableTargets: [{ MinCapacity: 1, MaxCapacity: 10 }] },
    RegisterScalableTarget: {},
    UpdateService: {},
  };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  aws.closeAllConnections();
  await new Promise(resolve => aws.close(resolve));
});

const records = (...bodies: string[]) =>
  ({ Records: bodies.map((body, i) => ({ messageId: `m-${i}`, body })) }) as SQSEvent;
const context = {} as Parameters<typeof handler>[1];
const changes = () => called.filter(([call]) => !call.startsWith('Describe'));
const failure = JSON.stringify({
  source: 'aws.ecs',
  'detail-type': 'ECS Service Action',
  resources: ['arn:aws:ecs:eu-west-1:111122223333:service/huntaze/scraper'],
  detail: {
    eventName: 'SERVICE_TASK_PLACEMENT_FAILURE',
    clusterArn: 'arn:aws:ecs:eu-west-1:111122223333:cluster/huntaze',
    createdAt: '2026-11-30T11:59:58.123Z',
  },
});

test('what is no JSON, or nobody’s, is passed over; the next record is acted on', async () => {
  await handle(records('not json', '{"source":"mine"}', failure), context);
  expect(changes()[0]).toEqual([
    'RegisterScalableTarget',
    expect.objectContaining({ ResourceId: 'service/huntaze/scraper', MaxCapacity: 6 }),
  ]);
});

test('where nothing is missing nothing is changed', async () => {
  await handle(records('{"source":"aws.events","detail-type":"Scheduled Event"}'), context);
  expect(called.map(([call]) => call).toSorted()).toEqual(['DescribeScalableTargets', 'DescribeServices']);
});

test('a call that is refused fails the batch: the queue gives it again', async () => {
  delete answers['DescribeServices'];
  await expect(handle(records(failure), context)).rejects.toThrow('no');
});
