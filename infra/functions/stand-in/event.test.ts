import { expect, test } from 'vitest';
import { readEvent } from './event.ts';

const CLUSTER_ARN = 'arn:aws:ecs:eu-west-1:111122223333:cluster/huntaze';
const WATCHED = { cluster: 'huntaze', service: 'scraper' };

/** As ECS sends it. */
function action(eventName: string, changes: { resources?: string[]; clusterArn?: string } = {}) {
  const {
    resources = ['arn:aws:ecs:eu-west-1:111122223333:service/huntaze/scraper'],
    clusterArn = CLUSTER_ARN,
  } = changes;
  return {
    version: '0',
    id: '0f3e1c55-3f5c-4f0e-9d0d-000000000000',
    'detail-type': 'ECS Service Action',
    source: 'aws.ecs',
    account: '111122223333',
    time: '2026-11-30T12:00:00Z',
    region: 'eu-west-1',
    resources,
    detail: {
      eventType: 'ERROR',
      eventName,
      clusterArn,
      capacityProviderArns: ['arn:aws:ecs:eu-west-1:111122223333:capacity-provider/FARGATE_SPOT'],
      reason: 'RESOURCE:FARGATE',
      createdAt: '2026-11-30T11:59:58.123Z',
    },
  };
}

test.each([
  ['SERVICE_TASK_PLACEMENT_FAILURE', 'placement failure'],
  ['SERVICE_STEADY_STATE', 'steady state'],
])('%s of the watched service is dated as ECS dates it', (name, is) => {
  const atMs = Date.parse('2026-11-30T11:59:58.123Z');
  expect(readEvent(action(name), WATCHED)).toEqual({ trigger: { is, atMs } });
  expect(readEvent(action(name), { ...WATCHED, cluster: CLUSTER_ARN })).toEqual({ trigger: { is, atMs } });
});

test.each(['aws.events', 'aws.scheduler'])('a schedule of %s is a tick', source => {
  const event = { source, 'detail-type': 'Scheduled Event', resources: [], detail: {} };
  expect(readEvent(event, WATCHED)).toEqual({ trigger: { is: 'tick' } });
});

test.each([
  ['another service', { resources: ['arn:aws:ecs:eu-west-1:111122223333:service/huntaze/scraper-stand-in'] }],
  ['another service', { resources: ['arn:aws:ecs:eu-west-1:111122223333:service/huntaze/my-scraper'] }],
  ['another service', { resources: ['arn:aws:ecs:eu-west-1:111122223333:service/other/scraper'] }],
  ['another service', { resources: [] }],
  ['another cluster', { clusterArn: `${CLUSTER_ARN}-2` }],
])('of %s is refused', (whose, changes) => {
  const event = action('SERVICE_TASK_PLACEMENT_FAILURE', changes);
  expect(readEvent(event, WATCHED)).toEqual({ refused: expect.stringContaining(whose) });
});

test('a cluster of the same name elsewhere is refused where the ARN is known', () => {
  const elsewhere = 'arn:aws:ecs:eu-north-1:111122223333:cluster/huntaze';
  const event = action('SERVICE_STEADY_STATE', { clusterArn: elsewhere });
  expect(readEvent(event, { ...WATCHED, cluster: CLUSTER_ARN })).toHaveProperty('refused');
});

test.each([
  ['detail.eventName', action('SERVICE_DEPLOYMENT_COMPLETED')],
  ['detail', { ...action('SERVICE_STEADY_STATE'), detail: undefined }],
  ['source', { ...action('SERVICE_STEADY_STATE'), source: 'mine' }],
  ['the event', 'Scheduled Event'],
  ['the event', null],
])('what has another shape is refused, naming %s', (field, event) => {
  expect(readEvent(event, WATCHED)).toEqual({ refused: expect.stringContaining(field) });
});
