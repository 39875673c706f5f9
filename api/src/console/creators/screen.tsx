import { useMemo, useState } from 'preact/hooks';
import { counted, grouped } from '../times.ts';
import { Act, REASON, UNTIL } from '../ui/act.tsx';
import { useOverview, useWho } from '../ui/overview.tsx';
import { Empty, Problem } from '../ui/state.tsx';
import { backlog, CREATOR_STATES, creatorWord, needsPerson, selected } from './order.ts';
import { CreatorTable } from './table.tsx';

/** All creators; searched and narrowed on the spot, the address follows. */
export function CreatorsScreen(props: { state: string | undefined; words: string }) {
  const { value: overview, problem, refresh } = useOverview();
  const { mayGovern } = useWho();
  const [state, setState] = useState(CREATOR_STATES.find(one => one === props.state));
  const [words, setWords] = useState(props.words);
  const creators = useMemo(() => overview?.creators ?? [], [overview]);
  const shown = useMemo(() => selected(creators, { state, words }), [creators, state, words]);
  const counts = useMemo(() => {
    const byState = Object.groupBy(creators, creator => creator.state);
    return CREATOR_STATES.flatMap(one => (byState[one] ? [{ state: one, count: byState[one].length }] : []));
  }, [creators]);

  const narrow = (next: { state?: typeof state; words?: string }) => {
    const now = { state, words, ...next };
    setState(now.state);
    setWords(now.words);
    const query = new URLSearchParams({
      ...(now.state !== undefined && { state: now.state }),
      ...(now.words !== '' && { q: now.words }),
    }).toString();
    window.history.replaceState(null, '', query === '' ? '/creators' : `/creators?${query}`);
  };

  const needed = creators.filter(needsPerson).length;
  const all = creators.reduce((sum, creator) => sum + backlog(creator), 0);
  return (
    <>
      <div className="head">
        <div>
          <h1>Creators</h1>
          <p className="quiet">
            {counted(creators.length, 'creator')}, {counted(all, 'operation')} on their way
            {needed > 0 && (
              <>
                , <b className="bad-text">{needed === 1 ? '1 needs' : `${grouped(needed)} need`} a person</b>
              </>
            )}
          </p>
        </div>
        {mayGovern && <ForAll onDone={refresh} />}
      </div>
      {problem !== undefined && <Problem>{problem}</Problem>}
      <div className="filters">
        <input
          type="search"
          aria-label="Search creators"
          placeholder="Search …"
          value={words}
          maxLength={128}
          onInput={({ currentTarget }) => narrow({ words: currentTarget.value })}
        />
        <div className="chips" role="group" aria-label="State">
          <button
            type="button"
            aria-pressed={state === undefined}
            onClick={() => narrow({ state: undefined })}
          >
            All
          </button>
          {counts.map(({ state: one, count }) => (
            <button
              key={one}
              type="button"
              aria-pressed={state === one}
              onClick={() => narrow({ state: state === one ? undefined : one })}
            >
              {creatorWord(one)} <b>{grouped(count)}</b>
            </button>
          ))}
        </div>
      </div>
      <section className="card" aria-label="Creators">
        {shown.length > 0 ? (
          <CreatorTable creators={shown} />
        ) : creators.length === 0 ? (
          <Empty title="No creator yet">
            <p>
              There is one as soon as an operation is asked for: <a href="/docs">the API says how</a>.
            </p>
          </Empty>
        ) : (
          <Empty title="No creator is like that">
            <button type="button" onClick={() => narrow({ state: undefined, words: '' })}>
              Show all {grouped(creators.length)}
            </button>
          </Empty>
        )}
      </section>
    </>
  );
}

/** What is done to everybody at once. */
function ForAll({ onDone }: { onDone: () => void }) {
  const common = { fields: [REASON, UNTIL], onDone };
  return (
    <div className="buttons">
      <Act
        {...common}
        label="Pause all"
        title="Pause everything?"
        confirm="Pause everything"
        done="Everything is paused."
        path="/api/onlyfans/pause"
        isGrave
      />
      <Act
        {...common}
        label="Drain all"
        title="Let everything run out?"
        confirm="Take nothing new on"
        done="Nothing new is taken on."
        path="/api/onlyfans/drain"
        isGrave
      />
      <Act
        label="Resume all"
        title="Resume everything?"
        confirm="Resume everything"
        done="Everything goes on."
        path="/api/onlyfans/resume"
        fields={[REASON]}
        onDone={onDone}
      />
    </div>
  );
}
