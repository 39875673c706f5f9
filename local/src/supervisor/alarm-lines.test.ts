import { expect, test } from 'vitest';
import { alarmLine } from './alarm-lines.ts';

const news = {
  name: 'huntaze-workflows-backlog',
  threshold: 500,
  description: '5.2: over 500 wait.',
  reason: 'r',
};
const line = (more: object) => JSON.stringify({ alarm: { ...news, before: 'OK', state: 'ALARM', ...more } });

test.each([
  [line({ value: 612 }), 'ALARM huntaze-workflows-backlog (612, bound 500): 5.2: over 500 wait.'],
  [line({ value: 0.123 }), 'ALARM huntaze-workflows-backlog (0.1, bound 500): 5.2: over 500 wait.'],
  [line({}), 'ALARM huntaze-workflows-backlog (nothing heard, bound 500): 5.2: over 500 wait.'],
  [line({ before: 'ALARM', state: 'OK', value: 3 }), 'alarm huntaze-workflows-backlog is over'],
  [line({ before: 'INSUFFICIENT_DATA', state: 'OK' }), undefined],
  ['{"ready":true,"port":1}', undefined],
  ['{"alarm":', undefined],
  ['{"alarm":{"name":1}}', undefined],
])('%s: %s', (written, told) => {
  expect(alarmLine(written)).toBe(told);
});
