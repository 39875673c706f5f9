import type { ComponentChildren } from 'preact';
import { grouped } from '../times.ts';
import type { Overview } from '../types.ts';

/** The way of an operation, with how many are where just now. */
export function Flow({ flow, limiter, tasks }: Pick<Overview, 'flow' | 'limiter' | 'tasks'>) {
  const { queued, waiting, released, workflows, running, ended_hour } = flow;
  return (
    <section className="card" aria-labelledby="flow">
      <h2 id="flow" className="unseen">
        The way of an operation
      </h2>
      <ol className="flow">
        <Stage name="Rate limiter queue" value={queued} href="/operations?state=pending">
          not yet in line
        </Stage>
        <Stage name="In line" value={waiting} href="/operations?state=waiting">
          {released > 0
            ? `${grouped(released)} being sent on`
            : `${grouped(limiter.limit)} go in ${grouped(limiter.window_s)} s`}
        </Stage>
        <Stage name="Workflows queue" value={workflows} href="/operations?state=forwarded">
          let through
        </Stage>
        <Stage name="At the site" value={running} href="/operations?state=running" isBusy={running > 0}>
          {tasks.alive === 0
            ? 'no task is alive'
            : `${grouped(tasks.busy)} of ${grouped(tasks.alive)} tasks busy`}
        </Stage>
        <Stage name="Succeeded" value={ended_hour.succeeded} href="/operations?state=succeeded">
          in the last hour
        </Stage>
        <Stage
          name="Failed"
          value={ended_hour.failed}
          href="/operations?state=failed"
          isBad={ended_hour.failed > 0}
        >
          in the last hour
        </Stage>
      </ol>
    </section>
  );
}

function Stage({
  name,
  value,
  href,
  isBusy = false,
  isBad = false,
  children,
}: {
  name: string;
  value: number;
  href: string;
  isBusy?: boolean;
  isBad?: boolean;
  children: ComponentChildren;
}) {
  return (
    <li>
      <a href={href}>
        <span>{name}</span>
        <b className={isBad ? 'bad-text' : ''}>
          {grouped(value)}
          {isBusy && <i className="dot busy beats" />}
        </b>
        <small>{children}</small>
      </a>
    </li>
  );
}
