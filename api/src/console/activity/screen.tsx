import { useEffect } from 'preact/hooks';
import { absolute, counted } from '../times.ts';
import type { Action, Audit, Tone } from '../types.ts';
import { useNow } from '../ui/clock.tsx';
import { useFresh } from '../ui/live.tsx';
import { Empty, Problem, State } from '../ui/state.tsx';
import { dayOf, dayPath, daysAround, dayWord, pageOf, verbOf } from './day.ts';
import { differences, reasonOf, type Difference } from './difference.ts';

const OUTCOME: Record<Action['outcome'], { word: string; tone: Tone }> = {
  done: { word: 'Done', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
  begun: { word: 'Begun, its end is not known', tone: 'wait' },
};
/** So many changes of one act are shown at once. */
const MOST_SHOWN = 6;

/** What operators have done on a day, the newest first. */
export function ActivityScreen({ day, audit }: { day: string; audit: Audit }) {
  const { value, problem } = useFresh(`/api/audit?day=${day}`, audit, { everyMs: 5_000 });
  const { actions } = value ?? audit;
  const today = dayOf(useNow());
  const now = Date.parse(today);
  useArrows(day, now);
  return (
    <>
      <div className="head">
        <div>
          <h1>Activity</h1>
          <p className="quiet">
            {dayWord(day, now)}, {counted(actions.length, 'act')}. Days and times are UTC.
          </p>
        </div>
      </div>
      {problem !== undefined && <Problem>{problem}</Problem>}
      <nav className="filters chips" aria-label="Day">
        {daysAround(day, now).map(one => (
          <a key={one} href={dayPath(one, now)} aria-current={one === day ? 'page' : undefined}>
            <time dateTime={one}>{dayWord(one, now)}</time>
          </a>
        ))}
      </nav>
      <section className="card" aria-label="Acts, the newest first">
        {actions.length > 0 ? (
          <ol className="acts">
            {actions.map((action, i) => (
              <Entry key={`${action.at} ${actions.length - i}`} action={action} />
            ))}
          </ol>
        ) : (
          <Empty title="Nobody has done anything on this day">
            <p>Whatever an operator does is recorded here before it is done.</p>
          </Empty>
        )}
      </section>
    </>
  );
}

function Entry({ action: { at, token_id, action, on, outcome, before, after, error } }: { action: Action }) {
  const { word, tone } = OUTCOME[outcome];
  const page = pageOf(on);
  const reason = reasonOf(before, after);
  const changes = outcome === 'done' ? differences(before, after) : [];
  return (
    <li>
      <time dateTime={at} title={absolute(Date.parse(at))}>
        {at.slice(11, 19)}
      </time>
      <div className="act">
        <p>
          <b>{token_id}</b> {verbOf(action)} {page === undefined ? <b>{on}</b> : <a href={page}>{on}</a>}
        </p>
        {reason !== undefined && <p className="quiet">“{reason}”</p>}
        {error !== undefined && <p className="bad-text">{error}</p>}
        <Changes changes={changes} />
      </div>
      <State tone={tone}>{word}</State>
    </li>
  );
}

function Changes({ changes }: { changes: Difference[] }) {
  if (changes.length === 0) return null;
  const rest = changes.slice(MOST_SHOWN);
  return (
    <>
      <Rows changes={changes.slice(0, MOST_SHOWN)} />
      {rest.length > 0 && (
        <details>
          <summary>{counted(rest.length, 'more change')}</summary>
          <Rows changes={rest} />
        </details>
      )}
    </>
  );
}

function Rows({ changes }: { changes: Difference[] }) {
  return (
    <dl className="changes">
      {changes.map(({ name, before, after, isFact }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {before !== undefined && (
              <del>
                <span className="unseen">was </span>
                {before}
              </del>
            )}
            {before !== undefined && after !== undefined && <span aria-hidden="true"> → </span>}
            {after === undefined ? (
              <span className="quiet"> gone</span>
            ) : isFact ? (
              after
            ) : (
              <ins>
                <span className="unseen">now </span>
                {after}
              </ins>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The arrow keys lead to the day before and the day after. */
function useArrows(day: string, now: number) {
  useEffect(() => {
    const pressed = ({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
      if (ctrlKey || metaKey || altKey || (target as Element).matches('input, select, textarea')) return;
      const step = key === 'ArrowLeft' ? 1 : key === 'ArrowRight' ? -1 : 0;
      if (step === 0) return;
      const links = [...document.querySelectorAll<HTMLAnchorElement>('nav[aria-label="Day"] a')];
      const here = links.findIndex(link => link.ariaCurrent !== null);
      links[here + step]?.click();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [day, now]);
}
