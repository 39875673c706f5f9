import { metricId } from '@huntaze/core/alarms';
import { expect, test } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { CloudWatch, type AlarmNews } from './cloud-watch.ts';
import { emfLine } from './emf.ts';
import { PIPELINE_ALARMS, PLACES } from './pipeline-alarms.ts';
import { watch } from './watch.ts';

const MINUTE_MS = 60_000;
/** Two seconds before a minute is over. */
const BEGUN = Date.UTC(2026, 11, 1, 11, 59, 58);

function begin() {
  const clock = new ManualClock(BEGUN);
  const definitions = PIPELINE_ALARMS.filter(({ name }) => name === 'huntaze-no-task');
  const cloudWatch = new CloudWatch(definitions, PLACES, clock.now());
  const news: [AlarmNews['state'], at: number][] = [];
  const stopping = new AbortController();
  const tell = ({ state }: AlarmNews) => news.push([state, clock.now() - BEGUN]);
  const ended = watch({ cloudWatch, clock, queues: () => [], tell, signal: stopping.signal });
  const { name, ...tasks } = metricId({ of: 'scraper tasks', name: 'RunningTaskCount' }, PLACES);
  const hear = (count: number, at: number) =>
    cloudWatch.hear([emfLine(tasks, { [name]: count }, at)], clock.now());
  return { clock, news, hear, stop: () => (stopping.abort(), ended) };
}

test('nobody is held to have been silent before there was a whole minute to speak in', async () => {
  const { clock, news, hear, stop } = begin();
  await clock.advance(30_000);
  expect(news).toEqual([]);
  hear(1, clock.now());
  await clock.advance(MINUTE_MS);
  expect(news).toEqual([['OK', 67_000]]);
  await stop();
});

test('what is told up to five seconds late still counts for its minute', async () => {
  const { clock, news, hear, stop } = begin();
  await clock.advance(2_000 + MINUTE_MS + 4_900);
  hear(1, clock.now() - 5_000);
  await clock.advance(100);
  expect(news).toEqual([['OK', 67_000]]);
  await stop();
});

test('silence from the first whole minute on is an alarm; when it is stopped nothing sleeps on', async () => {
  const { clock, news, stop } = begin();
  await clock.advance(10 * MINUTE_MS);
  expect(news).toEqual([['ALARM', 67_000]]);
  await stop();
  expect(clock.sleeping).toBe(0);
});
