import { reconcile, type Services } from '../../functions/stand-in/reconcile.ts';
import type { Trigger } from '../../functions/stand-in/event.ts';
import { alarmState, rangeOf, type AlarmRule, type AlarmState } from '@huntaze/core/alarm-state';
import { step, track, type Bounds, type Cooling, type Decision } from './policies.ts';
import type { Rules } from './rules.ts';
import { Service } from './service.ts';
import { giveBack, Queue, Site, work } from './work.ts';

/** What is played against the rules. Times are minutes from the beginning. */
export interface Scenario {
  title: string;
  minutes: number;
  /** Tasks at the beginning. 1 where it isn't said. */
  tasks?: number;
  /** What comes into the queue, or happens to it, each tick. */
  queue?: (queue: Queue, nowS: number) => void;
  /** Visible messages that are told instead of counted: the tasks don't work then. */
  told?: (minute: number) => number;
  /** How long an operation takes (s). */
  operationS?: number;
  /** How long a task takes to start (s). */
  startS?: number;
  /** The site's limit holds for all tasks together. */
  isLimited?: boolean;
  /** Minutes whose metric never comes. */
  hasNoMetric?: (minute: number) => boolean;
  /** Minutes in which there is no Spot capacity. */
  hasNoSpot?: (minute: number) => boolean;
  /** So long after its minute a point can be read (s). */
  lagS?: number;
  /** ECS refuses to protect a task while as many are protected as are wanted, as it says of blocked deployments. */
  refusesProtection?: boolean;
}

/** How things stand at one instant. */
export interface Instant {
  atS: number;
  visible: number;
  inFlight: number;
  desired: number;
  /** Of the main service. */
  running: number;
  pending: number;
  standIn: number;
  done: number;
}

interface Change {
  atS: number;
  from: number;
  to: number;
  by: 'tracking' | 'stepping';
}

export interface Played {
  instants: Instant[];
  /** What the policies have changed. */
  changes: Change[];
  /** Busy tasks that scaling in has stopped. */
  cutOff: number;
}

/** How finely time passes (s). */
export const TICK_S = 10;
export const MINUTE_S = 60;
/** Reading a page with a browser. Assumed. */
const OPERATION_S = 20;
/** From being wanted to working: network interface, image, browser. Seen by others, for images like this one. */
const START_S = 60;
/** SQS's points come every minute (documented); how late isn't. A minute has been seen by others. */
const LAG_S = 60;

/** What an alarm and its policy remember. */
interface Watch {
  rule: AlarmRule;
  state: AlarmState;
  cooling: Cooling | undefined;
}

/** Plays a scenario against the rules, from its beginning to its end, on a clock of its own. */
export async function simulate(rules: Rules, scenario: Scenario): Promise<Played> {
  const { startS = START_S, operationS = OPERATION_S, lagS = LAG_S, told } = scenario;
  const queue = new Queue();
  const site = new Site(scenario.isLimited === true ? rules.site : undefined);
  const bounds: Bounds = { ...rules.bounds };
  const instants: Instant[] = [];
  const changes: Change[] = [];
  const points: (number | undefined)[] = [];
  let minute = 0;
  const ports: ConstructorParameters<typeof Service>[2] = {
    startS,
    protection: !rules.mayProtect ? 'none' : scenario.refusesProtection === true ? 'refused' : 'granted',
    hasRoom: provider => provider !== 'FARGATE_SPOT' || scenario.hasNoSpot?.(minute) !== true,
    gone: task => giveBack(task, queue),
  };
  const main = new Service(rules.main, scenario.tasks ?? rules.bounds.min, ports);
  const standIn = new Service(rules.standIn.strategy, 0, ports);
  const high: Watch = { rule: rules.tracking.alarm, state: 'OK', cooling: undefined };
  const low: Watch = { rule: rules.stepping.alarm, state: 'OK', cooling: undefined };
  // Those of the beginning have been there for long.
  main.schedule(-startS);

  const visible = () => told?.(minute) ?? queue.visible;

  /** Once a minute as long as the alarm lasts: the exception that CloudWatch makes for scaling. */
  function look(watch: Watch, by: Change['by'], nowS: number): boolean {
    const range = points.slice(0, Math.max(0, Math.floor((nowS - lagS) / MINUTE_S)));
    const missing = Math.max(0, points.length - range.length);
    const seen = [...range, ...Array.from({ length: missing }, () => undefined)].slice(-rangeOf(watch.rule));
    watch.state = alarmState(watch.rule, seen, watch.state);
    const newest = seen.findLast(point => point !== undefined);
    if (watch.state !== 'ALARM' || newest === undefined) return false;
    const decide = (): Decision | undefined =>
      by === 'tracking'
        ? track(rules.tracking, bounds, main.desired, newest, watch.cooling, nowS)
        : step(rules.stepping, bounds, main.desired, newest, watch.cooling, nowS);
    const decision = decide();
    if (!decision) return false;
    changes.push({ atS: nowS, from: main.desired, to: decision.desired, by });
    watch.cooling = decision.cooling;
    main.desired = decision.desired;
    return true;
  }

  const services = (nowS: number): Services => ({
    look: async () => ({
      main: { ...main.counts(nowS), ...bounds },
      standIn: standIn.counts(nowS),
      failedAtMs: inMs(main.failedAtS),
      steadyAtMs: inMs(main.steadyAtS),
      standInChangedAtMs: inMs(standIn.changedAtS),
    }),
    take: async ({ do: what, to }) => {
      if (what === 'set main max') bounds.max = to;
      else if (what === 'set main desired') main.desired = to;
      else {
        standIn.desired = to;
        standIn.changedAtS = nowS;
      }
    },
  });
  const call = (trigger: Trigger, nowS: number) =>
    reconcile(services(nowS), trigger, rules.standIn.maxTasks, nowS * 1_000);

  for (let nowS = 0; nowS < scenario.minutes * MINUTE_S; nowS += TICK_S) {
    minute = Math.floor(nowS / MINUTE_S);
    const isFullMinute = nowS % MINUTE_S === 0;
    if (isFullMinute) {
      if (nowS > 0)
        points.push(scenario.hasNoMetric?.(minute - 1) === true ? undefined : instants.at(-1)?.visible);
      // Adding comes first, and ends the pause between two takings-away.
      if (look(high, 'tracking', nowS)) low.cooling = undefined;
      look(low, 'stepping', nowS);
      if (scenario.hasNoSpot?.(minute) === true) main.interrupt('FARGATE_SPOT', nowS);
    }
    scenario.queue?.(queue, nowS);
    standIn.schedule(nowS);
    const said = main.schedule(nowS);
    if (said === 'failure') await call({ is: 'placement failure', atMs: nowS * 1_000 }, nowS);
    if (said === 'steady') await call({ is: 'steady state', atMs: nowS * 1_000 }, nowS);
    if (nowS % rules.standIn.everyS === 0) await call({ is: 'tick' }, nowS);
    const workers = [...main.tasks, ...standIn.tasks].filter(({ readyAtS }) => nowS >= readyAtS);
    if (told === undefined)
      for (const worker of workers) work(worker, queue, site, { lanes: rules.lanes, operationS }, nowS);
    main.protect(nowS);
    standIn.protect(nowS);
    const held = workers.flatMap(({ lanes }) => [...lanes.values()]);
    instants.push({
      atS: nowS,
      visible: visible(),
      inFlight: held.reduce((sum, lane) => sum + lane.held, 0),
      ...main.counts(nowS),
      standIn: standIn.tasks.length,
      done: queue.done,
    });
  }
  return { instants, changes, cutOff: main.cutOff + standIn.cutOff };
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}
