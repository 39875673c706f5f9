import { metricId, type AlarmDefinition, type Places } from '@huntaze/core/alarms';
import { AwsError } from '../aws-error.ts';
import type { JsonService } from '../http/json-protocol.ts';
import { Input } from '../input.ts';
import { ACCOUNT_ID } from '../sqs/engine.ts';
import type { Alarm, CloudWatch } from './cloud-watch.ts';

/** How many alarms an answer has at most, and how many names a request. */
const MOST = 100;
/** What would choose among the alarms by what there isn't here. */
const NOT_HERE = ['ActionPrefix', 'ChildrenOfAlarmName', 'ParentsOfAlarmName'];

/**
 * CloudWatch behind AWS JSON 1.0, which the SDK speaks to it: the alarms, to be read. Composite ones there are none here,
 * and nothing that they would tell.
 */
export class CloudWatchService implements JsonService {
  readonly version = '1.0';
  readonly #cloudWatch: CloudWatch;
  readonly #region: string;

  constructor(cloudWatch: CloudWatch, region: string) {
    this.#cloudWatch = cloudWatch;
    this.#region = region;
  }

  // oxlint-disable-next-line require-await -- a service like the others
  async handle(action: string, body: unknown): Promise<unknown> {
    if (action === 'DescribeAlarms') return this.#describe(new Input(body, missing));
    throw new AwsError({
      shape: 'com.amazon.coral.service#UnknownOperationException',
      code: 'InvalidAction',
      message: `The action ${action} is not valid for this endpoint.`,
    });
  }

  #describe(asked: Input): unknown {
    for (const name of NOT_HERE)
      if (asked.string(name) !== undefined) throw invalid(`${name} is not served by local AWS.`);
    const names = asked.strings('AlarmNames');
    const prefix = asked.string('AlarmNamePrefix');
    const state = asked.string('StateValue');
    const types = asked.strings('AlarmTypes');
    const most = asked.integer('MaxRecords') ?? MOST;
    const token = asked.string('NextToken') ?? '0';
    if (names.length > 0 && prefix !== undefined)
      throw combination('AlarmNames and AlarmNamePrefix exclude each other.');
    if (names.length > MOST) throw invalid(`AlarmNames has more than ${MOST} names.`);
    if (most < 1 || most > MOST) throw invalid(`MaxRecords must be from 1 to ${MOST}.`);
    if (!/^\d{1,9}$/.test(token))
      throw failure('InvalidNextToken', 'The next token specified is not valid.', 'InvalidNextToken');
    const found = this.#cloudWatch.alarms.filter(
      ({ definition: { name }, status }) =>
        (names.length === 0 || names.includes(name)) &&
        name.startsWith(prefix ?? '') &&
        (state === undefined || status.state === state) &&
        (types.length === 0 || types.includes('MetricAlarm')),
    );
    const from = Number(token);
    return {
      MetricAlarms: found
        .slice(from, from + most)
        .map(alarm => shown(alarm, this.#cloudWatch.places, this.#region)),
      CompositeAlarms: [],
      ...(from + most < found.length && { NextToken: String(from + most) }),
    };
  }
}

function shown({ definition, status }: Alarm, places: Places, region: string): object {
  const { name } = definition;
  return {
    AlarmName: name,
    AlarmArn: `arn:aws:cloudwatch:${region}:${ACCOUNT_ID}:alarm:${name}`,
    AlarmDescription: definition.description,
    ActionsEnabled: true,
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    StateValue: status.state,
    StateReason: status.reason,
    StateUpdatedTimestamp: status.updatedAt / 1_000,
    StateTransitionedTimestamp: status.since / 1_000,
    ...metricOf(definition, places),
    EvaluationPeriods: definition.periods,
    DatapointsToAlarm: definition.toAlarm,
    Threshold: definition.threshold,
    ComparisonOperator: definition.comparison,
    TreatMissingData: definition.missing,
  };
}

/** As fields of the alarm where it is one metric, else as an expression. */
function metricOf({ metrics, periodSeconds }: AlarmDefinition, places: Places): object {
  const told = Object.entries(metrics).map(([Id, { statistic, ...metric }]) => {
    const { namespace, name, dimensions } = metricId(metric, places);
    const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    return { Id, Metric: { Namespace: namespace, MetricName: name, Dimensions }, Stat: statistic };
  });
  const [only, ...others] = told;
  if (only !== undefined && others.length === 0)
    return { ...only.Metric, Statistic: only.Stat, Period: periodSeconds };
  return {
    Metrics: [
      {
        Id: 'expr_1',
        Expression: told.map(({ Id }) => `FILL(${Id}, 0)`).join(' + '),
        ReturnData: true,
      },
      ...told.map(({ Id, Metric, Stat }) => ({
        Id,
        MetricStat: { Metric, Period: periodSeconds, Stat },
        ReturnData: false,
      })),
    ],
  };
}

const missing = (name: string) =>
  failure('MissingRequiredParameterException', `${name} is required.`, 'MissingParameter');
const invalid = (message: string) =>
  failure('InvalidParameterValueException', message, 'InvalidParameterValue');
const combination = (message: string) =>
  failure('InvalidParameterCombinationException', message, 'InvalidParameterCombination');

function failure(shape: string, message: string, code: string): AwsError {
  return new AwsError({ shape: `com.amazonaws.cloudwatch#${shape}`, code, message });
}
