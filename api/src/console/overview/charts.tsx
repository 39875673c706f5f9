import type { ComponentChildren } from 'preact';
import { grouped, took } from '../times.ts';
import type { Minute, Overview } from '../types.ts';
import { Bars, Course } from '../ui/charts.tsx';

/** The last hour: how fast it goes against the limit, how much waits, how long it takes. */
export function Charts({
  minutes,
  limiter,
  waiting,
}: {
  minutes: readonly Minute[];
  limiter: Overview['limiter'];
  waiting: number;
}) {
  const perMinute = (limiter.limit * 60) / limiter.window_s;
  const durations = minutes.map(({ duration_ms }) => duration_ms);
  const lastDuration = durations.findLast(value => value !== undefined);
  const failed = minutes.reduce((sum, minute) => sum + minute.failed, 0);
  return (
    <section className="card two-thirds" aria-labelledby="hour">
      <header>
        <h2 id="hour">The last hour</h2>
      </header>
      <div className="inside charts">
        <Chart
          name="At the site"
          value={
            <>
              {grouped(minutes.at(-2)?.navigations ?? 0)} <small>in the last whole minute</small>
            </>
          }
        >
          <Bars
            label={`Navigations in each minute of the last hour; ${failed} operations failed; the limit is ${perMinute}`}
            line={perMinute}
            bars={minutes.map(({ at, navigations, failed: some }) => ({
              value: navigations,
              title: `${hour(at)}: ${navigations} at the site${some > 0 ? `, ${some} failed` : ''}`,
              bad: some,
            }))}
          />
        </Chart>
        <Chart
          name="Waiting"
          value={
            <>
              {grouped(waiting)} <small>in line</small>
            </>
          }
        >
          <Course
            label={`How many waited in the last hour: now ${waiting}`}
            values={[...minutes.map(minute => minute.waiting), waiting]}
          />
        </Chart>
        <Chart
          name="Duration"
          value={lastDuration === undefined ? <small>nothing has ended yet</small> : took(lastDuration)}
        >
          <Course
            label={`How long operations took in the last hour${lastDuration === undefined ? '' : `: last ${took(lastDuration)}`}`}
            values={durations}
          />
        </Chart>
      </div>
    </section>
  );
}

const hour = (at: string) => `${at.slice(11, 16)} UTC`;

function Chart({
  name,
  value,
  children,
}: {
  name: string;
  value: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <figure>
      <figcaption>
        <span className="quiet">{name}</span>
        <p className="figure">{value}</p>
      </figcaption>
      {children}
      <p className="axis">
        <span>60 min ago</span>
        <span>now</span>
      </p>
    </figure>
  );
}
