import { MINUTE_S, TICK_S, type Scenario } from './simulate.ts';
import type { Queue } from './work.ts';

/** So many messages, at once, each creator as many as the others. */
function backlog(atMinute: number, messages: number, creators: number) {
  return (queue: Queue, nowS: number) => {
    if (nowS !== atMinute * MINUTE_S) return;
    for (let n = 0; n < creators; n += 1) queue.send(`creator ${n}`, messages / creators);
  };
}

/** So many a minute, evenly, each of another of 200 creators; from the beginning until the end or `untilMinute`. */
function flow(perMinute: number, untilMinute = Infinity) {
  const sentBy = (nowS: number) => Math.floor((nowS * perMinute) / MINUTE_S);
  return (queue: Queue, nowS: number) => {
    if (nowS >= untilMinute * MINUTE_S) return;
    for (let n = sentBy(nowS); n < sentBy(nowS + TICK_S); n += 1) queue.send(`creator ${n % 200}`, 1);
  };
}

const PAUSED = 'the paused one';

/** Each is a test and a panel of the picture, in this order. */
export const SCENARIOS = {
  backlog: {
    title: '400 messages come at once: tasks come, and go',
    minutes: 60,
    queue: backlog(5, 400, 40),
  },
  flood: {
    title: '1,500 come at once: all tasks that are allowed, no more',
    minutes: 90,
    queue: backlog(5, 1_500, 150),
  },
  slowStart: {
    title: 'Tasks take 4 minutes to start: a few too many come',
    minutes: 60,
    startS: 240,
    queue: backlog(5, 400, 40),
  },
  fourQuietMinutes: {
    title: 'Quiet for 4 minutes, again and again: nobody goes',
    minutes: 60,
    tasks: 5,
    told: minute => (minute % 6 < 4 ? 10 : 30),
  },
  quiet: {
    title: 'Quiet for good: one goes after another, to one',
    minutes: 90,
    tasks: 10,
    told: minute => (minute < 10 ? 60 : 5),
  },
  flapping: {
    title: 'Back and forth over 100, then over 20: nothing changes',
    minutes: 60,
    tasks: 5,
    told: minute => (minute < 30 ? 100 : 20) + (minute % 2 === 0 ? 5 : -5),
  },
  between: {
    title: '30 a minute, the work of 2½ tasks: up and down, slowly',
    minutes: 180,
    queue: flow(30),
  },
  pausedCreator: {
    title: '150 of one paused creator: all tasks come for nothing',
    minutes: 90,
    queue: (queue, nowS) => {
      if (nowS !== 5 * MINUTE_S) return;
      queue.send(PAUSED, 150);
      queue.block(PAUSED, Infinity);
    },
  },
  limitedSite: {
    title: '10 a minute at the site for all: more tasks don’t help',
    minutes: 60,
    isLimited: true,
    queue: backlog(5, 300, 30),
  },
  protectedWork: {
    title: 'Quiet, but work under way for long: who works stays',
    minutes: 60,
    tasks: 6,
    operationS: 600,
    queue: (queue, nowS) => {
      for (const [task, messages] of [1, 1, 2, 2, 3, 3].entries())
        if (nowS === 0)
          for (let lane = 0; lane < 4; lane += 1) queue.send(`creator ${task}.${lane}`, messages);
    },
  },
  noMetric: {
    title: 'No metric for 10 minutes, though it is quiet: nobody goes',
    minutes: 45,
    tasks: 4,
    told: minute => (minute < 10 ? 60 : 5),
    hasNoMetric: minute => minute >= 10 && minute < 20,
  },
  spotGone: {
    title: 'No Spot from 22 to 62: On-Demand tasks stand in',
    minutes: 180,
    hasNoSpot: minute => minute >= 22 && minute < 62,
    queue: flow(80, 110),
  },
} satisfies Record<string, Scenario>;
