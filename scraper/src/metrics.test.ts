import { metricId, type OwnMetric } from '@huntaze/core/alarms';
import { afterEach, expect, test, vi } from 'vitest';
import { datapointsIn } from '../../local/src/aws/cloudwatch/emf.ts';
import { PLACES } from '../../local/src/aws/cloudwatch/pipeline-alarms.ts';
import { emfMetrics } from './metrics.ts';

afterEach(() => vi.restoreAllMocks());

test('what is published is what the alarms watch, wherever CloudWatch is', () => {
  const printed: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation(line => (printed.push(String(line)), true));
  const metrics = emfMetrics();
  metrics.slot(3, 10);
  metrics.ended(true, 1_200);
  metrics.throttled();
  metrics.breaker(true);
  vi.restoreAllMocks();
  const points = printed.flatMap(lines => lines.split('\n')).flatMap(datapointsIn);
  const expected: [OwnMetric, number][] = [
    ['slotUse', 30],
    ['successRate', 100],
    ['averageDuration', 1_200],
    ['throttled', 1],
    ['breaker', 1],
  ];
  expect(points.map(({ at: _at, ...point }) => point)).toEqual(
    expected.map(([name, value]) => ({ ...metricId({ of: 'process', name }, PLACES), value })),
  );
});
