import type { MetricId } from '@huntaze/core/alarms';
import * as z from 'zod/mini';
import type { Datapoint } from './metric-store.ts';

/** The bounds of the format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
const MOST_METRICS = 100;
const MOST_DIMENSIONS = 30;
const MOST_VALUES = 100;

const name = z.string().check(z.minLength(1), z.maxLength(1_024));
const directive = z.object({
  Namespace: name,
  Dimensions: z._default(z.array(z.array(name).check(z.maxLength(MOST_DIMENSIONS))), []),
  Metrics: z._default(z.array(z.object({ Name: name })).check(z.maxLength(MOST_METRICS)), []),
});
const metadata = z.object({ Timestamp: z.number(), CloudWatchMetrics: z.array(directive) });

/**
 * The metrics in a log line that is in CloudWatch's Embedded Metric Format; none in any other line, as CloudWatch Logs
 * has it: a line that isn't quite in the format is just a line.
 */
export function datapointsIn(line: string): Datapoint[] {
  if (!mayHoldMetrics(line)) return [];
  let root: Record<string, unknown>;
  try {
    root = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return [];
  }
  const { success, data } = z.safeParse(metadata, root['_aws']);
  if (!success) return [];
  return data.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    // Without dimensions it is one metric, and not none.
    (Dimensions.length === 0 ? [[]] : Dimensions).flatMap(names => {
      const dimensions = valuesOf(root, names);
      if (dimensions === undefined) return [];
      return Metrics.flatMap(metric =>
        numbersIn(root[metric.Name]).map(value => ({
          namespace,
          name: metric.Name,
          dimensions,
          value,
          at: data.Timestamp,
        })),
      );
    }),
  );
}

/** Whether it is worth looking closer: of a hundred lines hardly one has metrics. */
export function mayHoldMetrics(line: string): boolean {
  return line.startsWith('{') && line.includes('"_aws"');
}

/**
 * A line in that format: values of metrics that are all of the same thing.
 * @param at milliseconds since the epoch
 */
export function emfLine(
  { namespace, dimensions }: Omit<MetricId, 'name'>,
  values: Readonly<Record<string, number>>,
  at: number,
): string {
  const Metrics = Object.keys(values).map(metric => ({ Name: metric }));
  const CloudWatchMetrics = [{ Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics }];
  return JSON.stringify({ _aws: { Timestamp: at, CloudWatchMetrics }, ...dimensions, ...values });
}

function valuesOf(root: Record<string, unknown>, names: string[]): Record<string, string> | undefined {
  const values = names.map(one => [one, root[one]] as const);
  return values.every((entry): entry is readonly [string, string] => typeof entry[1] === 'string')
    ? Object.fromEntries(values)
    : undefined;
}

function numbersIn(value: unknown): number[] {
  const values = Array.isArray(value) ? (value as unknown[]).slice(0, MOST_VALUES) : [value];
  return values.filter(one => typeof one === 'number');
}
