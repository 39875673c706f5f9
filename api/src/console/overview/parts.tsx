import type { ComponentChildren } from 'preact';
import { grouped } from '../times.ts';
import type { Overview, Tone } from '../types.ts';
import { Act, REASON } from '../ui/act.tsx';
import { Since, When } from '../ui/clock.tsx';
import { useWho } from '../ui/overview.tsx';
import { State } from '../ui/state.tsx';

const BREAKER: Record<Overview['breaker']['state'], { word: string; tone: Tone }> = {
  closed: { word: 'Closed', tone: 'good' },
  half_open: { word: 'Probing', tone: 'wait' },
  open: { word: 'Open', tone: 'bad' },
};
/** What else can stand in the way: breaker, tasks, kinds that are paused, dead letters, alarms. */
export function Parts({
  overview: { breaker, tasks, kinds_paused, dead_letters, alarms },
  refresh,
}: {
  overview: Overview;
  refresh: () => void;
}) {
  const { mayGovern } = useWho();
  const loud = (alarms ?? []).filter(({ state }) => state === 'ALARM');
  const silent = (alarms ?? []).filter(({ state }) => state === 'INSUFFICIENT_DATA').length;
  return (
    <div className="quarter column">
      <section className="card" aria-labelledby="machinery">
        <header>
          <h2 id="machinery">Machinery</h2>
        </header>
        <dl className="inside facts apart">
          <dt>Breaker</dt>
          <dd>
            <State tone={BREAKER[breaker.state].tone}>{BREAKER[breaker.state].word}</State>
            {breaker.why !== undefined && <small>{breaker.why}</small>}
            {breaker.until !== undefined && (
              <small>
                its probe is due <When at={breaker.until} isDue />
              </small>
            )}
          </dd>
          <dt>Tasks</dt>
          <dd>
            <State tone={tasks.alive === 0 ? 'bad' : 'good'}>
              {tasks.alive === 0 ? 'None alive' : `${grouped(tasks.busy)} of ${grouped(tasks.alive)} busy`}
            </State>
          </dd>
          {kinds_paused.map(({ kind, why, since }) => (
            <Fact key={kind} name={kind}>
              <State tone="bad">Paused</State>
              <small>
                {why}, for <Since at={since} />
              </small>
              {mayGovern && (
                <Act
                  label="Resume"
                  title={`Resume ${kind} for everybody?`}
                  confirm="Resume"
                  done={`${kind} goes on.`}
                  path={`/api/onlyfans/kinds/${kind}/resume`}
                  fields={[REASON]}
                  onDone={refresh}
                />
              )}
            </Fact>
          ))}
        </dl>
      </section>
      <section className="card" aria-labelledby="letters">
        <header>
          <h2 id="letters">Dead letters</h2>
          <a href="/dead-letters">
            {dead_letters === undefined
              ? 'Not known just now'
              : dead_letters.total === 0
                ? 'None'
                : `All ${grouped(dead_letters.total)}`}
          </a>
        </header>
        {dead_letters !== undefined && dead_letters.causes.length > 0 && (
          <ul className="inside list">
            {dead_letters.causes.map(({ cause, count }) => (
              <li key={cause}>
                <a href={`/dead-letters?${new URLSearchParams({ cause }).toString()}`}>{cause}</a>
                <b>{grouped(count)}</b>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section className="card" aria-labelledby="alarms">
        <header>
          <h2 id="alarms">Alarms</h2>
          <span className="small quiet">
            {alarms === undefined
              ? 'not known just now'
              : alarms.length === 0
                ? 'none are set up here'
                : `${grouped(alarms.length - loud.length - silent)} OK${silent > 0 ? `, ${grouped(silent)} without data yet` : ''}`}
          </span>
        </header>
        {loud.length > 0 && (
          <ul className="inside list">
            {loud.map(({ name }) => (
              <li key={name}>
                <span>{name}</span>
                <State tone="bad">In alarm</State>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
