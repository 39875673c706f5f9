import { byTrouble } from '../creators/order.ts';
import { CreatorTable } from '../creators/table.tsx';
import { counted, grouped } from '../times.ts';
import type { History, Limits, Overview } from '../types.ts';
import { useFresh } from '../ui/live.tsx';
import { useOverview } from '../ui/overview.tsx';
import { Empty, Problem } from '../ui/state.tsx';
import { Charts } from './charts.tsx';
import { Flow } from './flow.tsx';
import { Limiter } from './limiter.tsx';
import { Parts } from './parts.tsx';
import { Verdict } from './verdict.tsx';

/** So many creators are on the first screen: those with trouble, and the longest backlogs. */
const FIRST_CREATORS = 10;

/** Whether all is well, in one glance; everything on it keeps itself fresh. */
export function OverviewScreen(props: { history: History | undefined; limits: Limits | undefined }) {
  const { value: overview, problem, refresh } = useOverview();
  const history = useFresh('/api/onlyfans/history?minutes=60', props.history, { everyMs: 10_000 });
  const limits = useFresh('/api/onlyfans/limits', props.limits, {
    everyMs: 30_000,
    concerns: ({ is }) => is === 'line',
  });
  if (overview === undefined)
    return (
      <>
        <h1>How things are can’t be told just now</h1>
        <Problem>{problem ?? 'Reading …'}</Problem>
        <p className="quiet">It is tried again every few seconds. Nothing that was accepted is lost by it.</p>
      </>
    );
  return (
    <>
      <Verdict {...overview.verdict} />
      {problem !== undefined && <Problem>{problem} What is shown may be old.</Problem>}
      <div className="grid">
        <Flow flow={overview.flow} limiter={overview.limiter} tasks={overview.tasks} />
        <Limiter limiter={overview.limiter} lines={limits.value?.lines ?? []} />
        <Charts
          minutes={history.value?.minutes ?? []}
          limiter={overview.limiter}
          waiting={overview.flow.waiting}
        />
        <First creators={overview.creators} />
        <Parts overview={overview} refresh={refresh} />
      </div>
    </>
  );
}

function First({ creators }: Pick<Overview, 'creators'>) {
  const first = [...creators].sort(byTrouble).slice(0, FIRST_CREATORS);
  return (
    <section className="card three-quarters">
      <header>
        <h2>Creators</h2>
        <a href="/creators">
          {creators.length > first.length
            ? `All ${grouped(creators.length)}`
            : counted(creators.length, 'creator')}
        </a>
      </header>
      {first.length > 0 ? (
        <CreatorTable creators={first} isCompact />
      ) : (
        <Empty title="No creator yet">
          <p>
            There is one as soon as an operation is asked for: <a href="/docs">the API says how</a>.
          </p>
        </Empty>
      )}
    </section>
  );
}
