import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Queues } from '../queues.ts';
import type { Scraper } from '../scraper.ts';
import type { Stage } from '../stage.ts';
import type { Alarms } from './alarms.ts';
import { own, running } from './metrics.ts';

const MINUTE = Duration.minutes(1);

export interface DashboardProps {
  stage: Stage;
  queues: Queues;
  limiter: lambda.Function;
  scraper: Scraper;
  alarms: Alarms;
}

/** One page that follows a request on its way: who waits, who is let through, who is worked on, and how it ends. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { stage, queues, limiter, scraper, alarms } = props;
    const dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: `huntaze-${stage.name}`,
      defaultInterval: Duration.hours(3),
      periodOverride: cloudwatch.PeriodOverride.AUTO,
    });
    const graph = (title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = [], more = {}) =>
      new cloudwatch.GraphWidget({ title, left, right, width: 8, height: 6, leftYAxis: { min: 0 }, ...more });
    const depth = (queue: Queues['workflows'], label: string) =>
      queue.metricApproximateNumberOfMessagesVisible({ period: MINUTE, statistic: 'Maximum', label });
    const line = (text: string) =>
      new cloudwatch.TextWidget({
        markdown: text,
        width: 24,
        height: 1,
        background: cloudwatch.TextWidgetBackground.TRANSPARENT,
      });

    dashboard.addWidgets(
      new cloudwatch.AlarmStatusWidget({
        title: 'Alarms',
        alarms: [...alarms.required, ...alarms.extras],
        width: 24,
        height: 4,
      }),
    );
    dashboard.addWidgets(line('## 1 Waiting: accepted, and in line for the site’s window'));
    dashboard.addWidgets(
      graph(
        'In line',
        [own('waiting', 'Maximum', Duration.minutes(15), 'in line')],
        [own('oldestWaiting', 'Maximum', Duration.minutes(15), 'age of the oldest (s)')],
      ),
      graph(
        'Decisions a minute',
        [own('allowed', 'Sum', MINUTE, 'let through'), own('rejected', 'Sum', MINUTE, 'deferred')],
        [],
        {
          leftAnnotations: [{ value: 10, label: 'the site’s limit' }],
        },
      ),
      graph(
        'The limiter',
        [
          limiter.metricInvocations({ period: MINUTE }),
          limiter.metricErrors({ period: MINUTE }),
          limiter.metricThrottles({ period: MINUTE }),
        ],
        [limiter.metricDuration({ period: MINUTE, statistic: 'p95' })],
      ),
    );
    dashboard.addWidgets(line('## 2 Released: in the FIFO queue, each creator in order'));
    dashboard.addWidgets(
      graph(
        'Released and waiting',
        [
          depth(queues.workflows, 'visible'),
          queues.workflows.metricApproximateNumberOfMessagesNotVisible({ period: MINUTE, label: 'in work' }),
        ],
        [],
        {
          leftAnnotations: [
            { value: 100, label: 'more tasks' },
            { value: 500, label: 'alarm' },
          ],
        },
      ),
      graph(
        'Age of the oldest (s)',
        [queues.workflows.metricApproximateAgeOfOldestMessage({ period: MINUTE, statistic: 'Maximum' })],
        [],
        {
          leftAnnotations: [{ value: 600, label: 'alarm' }],
        },
      ),
      graph('Tasks', [
        running(scraper.cluster.clusterName, scraper.service.serviceName, 'Spot, and the base'),
        running(scraper.cluster.clusterName, scraper.standIn.serviceName, 'standing in, On-Demand'),
      ]),
    );
    dashboard.addWidgets(line('## 3 At the site'));
    dashboard.addWidgets(
      graph(
        'Success (%)',
        [own('successRate', 'Average', MINUTE, 'success')],
        [own('successRate', 'SampleCount', MINUTE, 'ended')],
        {
          leftYAxis: { min: 0, max: 100 },
        },
      ),
      graph('Duration (ms)', [
        own('averageDuration', 'Average', MINUTE, 'average'),
        own('averageDuration', 'p95', MINUTE, 'p95'),
      ]),
      graph(
        'The site’s window (%)',
        [own('slotUse', 'Maximum', MINUTE, 'taken')],
        [own('throttled', 'Sum', MINUTE, '429s'), own('breaker', 'Maximum', MINUTE, 'breaker')],
      ),
    );
    dashboard.addWidgets(line('## 4 What needs somebody, and what it runs on'));
    dashboard.addWidgets(
      graph('Dead letters', [
        depth(queues.rateLimiterDeadLetters, 'of the limiter'),
        depth(queues.workflowsDeadLetters, 'of the scraper'),
      ]),
      graph(
        'A task’s processor and memory (%)',
        [
          scraper.service.metricCpuUtilization({ period: MINUTE }),
          scraper.service.metricMemoryUtilization({ period: MINUTE }),
        ],
        [],
        {
          leftAnnotations: [{ value: 70, label: 'alarm' }],
        },
      ),
      graph('Not sent on, unreadable', [
        own('forwardFailed', 'Sum', MINUTE, 'not sent on'),
        own('unreadable', 'Sum', MINUTE, 'unreadable'),
      ]),
    );
  }
}
