import { expect, test } from 'vitest';
import { datapointsIn, emfLine } from './emf.ts';

const AT = Date.UTC(2026, 11, 1, 12);

test('a line that is written is read as it was meant', () => {
  const line = emfLine({ namespace: 'AWS/Lambda', dimensions: { FunctionName: 'f' } }, { Errors: 2 }, AT);
  expect(datapointsIn(line)).toEqual([
    { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName: 'f' }, value: 2, at: AT },
  ]);
});

test('several values, and several sets of dimensions, are one each', () => {
  const CloudWatchMetrics = [
    { Namespace: 'N', Dimensions: [['a'], []], Metrics: [{ Name: 'm', Unit: 'Count' }] },
  ];
  const line = JSON.stringify({ _aws: { Timestamp: AT, CloudWatchMetrics }, a: '1', m: [1, 2] });
  expect(datapointsIn(line).map(({ dimensions, value }) => [dimensions, value])).toEqual([
    [{ a: '1' }, 1],
    [{ a: '1' }, 2],
    [{}, 1],
    [{}, 2],
  ]);
});

const good = (aws: unknown, rest: object = { m: 1 }) => JSON.stringify({ _aws: aws, ...rest });
const directive = { Namespace: 'N', Dimensions: [[]], Metrics: [{ Name: 'm' }] };
test.each([
  ['no JSON', '{"_aws":'],
  ['a text that names it', 'see "_aws"'],
  ['no metrics', good({ Timestamp: AT })],
  ['no time', good({ CloudWatchMetrics: [directive] })],
  ['no namespace', good({ Timestamp: AT, CloudWatchMetrics: [{ ...directive, Namespace: '' }] })],
  ['a value that isn’t there', good({ Timestamp: AT, CloudWatchMetrics: [directive] }, {})],
  ['a value that is a text', good({ Timestamp: AT, CloudWatchMetrics: [directive] }, { m: '1' })],
  [
    'a dimension that isn’t there',
    good({ Timestamp: AT, CloudWatchMetrics: [{ ...directive, Dimensions: [['a']] }] }),
  ],
  ['null', good(null)],
])('just a line: %s', (_, line) => {
  expect(datapointsIn(line)).toEqual([]);
});
