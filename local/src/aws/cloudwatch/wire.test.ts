import {
  DescribeAlarmsCommand,
  paginateDescribeAlarms,
  type DescribeAlarmsCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { PurgeQueueCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { QUEUES } from '@huntaze/core/names';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pipelineQueues } from '../../supervisor/queues.ts';
import { startTestAws, type TestAws } from '../test-clients.ts';
import type { AlarmNews } from './cloud-watch.ts';
import { emfLine } from './emf.ts';
import { PIPELINE_ALARMS, PLACES } from './pipeline-alarms.ts';

const MINUTE_MS = 60_000;
/** After a minute, what happened in it may still be told. */
const LATE_MS = 5_000;

let it: TestAws;
let news: AlarmNews[];
beforeEach(async () => {
  news = [];
  it = await startTestAws({
    queues: pipelineQueues(15),
    alarms: { definitions: PIPELINE_ALARMS, places: PLACES },
    onAlarm: one => news.push(one),
  });
});
afterEach(() => it.close());

const describe = (input: DescribeAlarmsCommandInput) => it.cloudWatch.send(new DescribeAlarmsCommand(input));
const one = async (name: string) => (await describe({ AlarmNames: [`huntaze-${name}`] })).MetricAlarms![0]!;
const changes = () => news.filter(({ before }) => before !== 'INSUFFICIENT_DATA');

test('the SDK reads an alarm as CloudWatch tells it', async () => {
  expect(await one('workflows-age')).toEqual({
    AlarmName: 'huntaze-workflows-age',
    AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:huntaze-workflows-age',
    AlarmDescription: expect.stringContaining('waits for over 10 minutes'),
    ActionsEnabled: true,
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    StateValue: 'INSUFFICIENT_DATA',
    StateReason: 'Unchecked: Initial alarm creation',
    StateUpdatedTimestamp: new Date(it.clock.now()),
    StateTransitionedTimestamp: new Date(it.clock.now()),
    MetricName: 'ApproximateAgeOfOldestMessage',
    Namespace: 'AWS/SQS',
    Statistic: 'Maximum',
    Dimensions: [{ Name: 'QueueName', Value: QUEUES.workflows }],
    Period: 60,
    EvaluationPeriods: 1,
    DatapointsToAlarm: 1,
    Threshold: 600,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  });
  const { Metrics } = await one('rotation-unfinished');
  expect(Metrics).toMatchObject([
    { Expression: 'FILL(overdue, 0) + FILL(errors, 0)', ReturnData: true },
    { Id: 'overdue', MetricStat: { Period: 3_600, Stat: 'Maximum' }, ReturnData: false },
    { Id: 'errors', MetricStat: { Metric: { MetricName: 'Errors' } } },
  ]);
});

test('more than 500 visible in the FIFO queue: an alarm, until they are gone', async () => {
  const QueueUrl = it.aws.queueUrl(QUEUES.workflows);
  for (let batch = 0; batch < 51; batch += 1)
    await it.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: Array.from({ length: 10 }, (_, i) => ({
          Id: String(i),
          MessageBody: '{}',
          MessageGroupId: `creator-${i}`,
          MessageDeduplicationId: `${batch}-${i}`,
        })),
      }),
    );
  await it.clock.advance(MINUTE_MS + LATE_MS);
  expect(await one('workflows-backlog')).toMatchObject({
    StateValue: 'ALARM',
    StateReason: expect.stringContaining('[510] was greater than the threshold (500)'),
    StateTransitionedTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 1)),
  });
  expect((await one('workflows-age')).StateValue).toBe('OK');
  expect((await describe({ StateValue: 'ALARM' })).MetricAlarms!.map(alarm => alarm.AlarmName)).toEqual([
    'huntaze-no-task', // of which nobody tells here
    'huntaze-workflows-backlog',
  ]);

  // Nobody takes them away: they are over ten minutes old, too.
  await it.clock.advance(10 * MINUTE_MS);
  expect((await one('workflows-age')).StateValue).toBe('ALARM');
  await it.sqs.send(new PurgeQueueCommand({ QueueUrl }));
  await it.clock.advance(3 * MINUTE_MS);
  expect((await one('workflows-backlog')).StateValue).toBe('OK');
  expect((await one('workflows-age')).StateValue).toBe('OK');
  expect(changes().map(({ name, state }) => [name, state])).toEqual([
    ['huntaze-workflows-age', 'ALARM'],
    // How many there are SQS says of an empty queue, too; how old they are it doesn't.
    ['huntaze-workflows-backlog', 'OK'],
    ['huntaze-workflows-age', 'OK'],
  ]);
});

test('what the functions and processes log is heard, too', async () => {
  const tell = (lines: string[], contentType = 'application/x-ndjson') =>
    fetch(`${it.aws.url}/__local/log-lines`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: lines.join('\n'),
    });
  await it.clock.advance(30_000);
  const errors = emfLine(
    { namespace: 'AWS/Lambda', dimensions: { FunctionName: 'huntaze-rate-limiter' } },
    { Errors: 11, Throttles: 0 },
    it.clock.now(),
  );
  expect((await tell([errors, 'another line', '{"level":"INFO"}'])).status).toBe(204);
  await it.clock.advance(MINUTE_MS);
  expect((await one('limiter-errors')).StateValue).toBe('ALARM');
  await it.clock.advance(5 * MINUTE_MS);
  expect((await one('limiter-errors')).StateValue).toBe('OK');

  expect((await tell([errors], 'text/plain')).status).toBe(415);
  expect((await tell(['x'.repeat(2 ** 20 + 1)])).status).toBe(413);
  expect((await fetch(`${it.aws.url}/__local/log-lines`)).status).toBe(405);
});

test('alarms come in pages, by prefix, and none of another kind', async () => {
  const names: string[][] = [];
  const pages = paginateDescribeAlarms({ client: it.cloudWatch, pageSize: 8 }, {});
  for await (const { MetricAlarms } of pages) names.push(MetricAlarms!.map(alarm => alarm.AlarmName!));
  expect(names.map(page => page.length)).toEqual([8, 8, PIPELINE_ALARMS.length - 16]);
  expect(names.flat()).toEqual(PIPELINE_ALARMS.map(({ name }) => name).toSorted());
  const redis = await describe({ AlarmNamePrefix: 'huntaze-redis' });
  expect(redis.MetricAlarms).toHaveLength(2);
  expect((await describe({ AlarmTypes: ['CompositeAlarm'] })).MetricAlarms).toEqual([]);
  expect((await describe({ AlarmNames: ['huntaze-no-such'] })).MetricAlarms).toEqual([]);
});

test.each([
  [{ AlarmNames: ['a'], AlarmNamePrefix: 'a' }, 'exclude each other'],
  [{ MaxRecords: 101 }, 'MaxRecords must be from 1 to 100'],
  [{ AlarmNames: Array.from({ length: 101 }, (_, i) => `a${i}`) }, 'more than 100 names'],
  [{ ActionPrefix: 'arn:' }, 'not served'],
])('refused: %j', async (input, message) => {
  await expect(describe(input)).rejects.toThrow(message);
});

test('a token that was none of ours is refused as CloudWatch refuses it', async () => {
  await expect(describe({ NextToken: 'x' })).rejects.toMatchObject({ name: 'InvalidNextToken' });
});
