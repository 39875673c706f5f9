import { useState } from 'preact/hooks';
import { creatorPath } from '../paths.ts';
import { grouped } from '../times.ts';
import type { Limits } from '../types.ts';
import { Act } from '../ui/act.tsx';
import { Pips } from '../ui/charts.tsx';
import { When } from '../ui/clock.tsx';
import { useFresh } from '../ui/live.tsx';
import { useWho } from '../ui/overview.tsx';
import { Problem } from '../ui/state.tsx';
import { Table, type Column } from '../ui/table.tsx';
import { changeOf, NUMBERS, typedOf, type Typed } from './change.ts';
import { Day } from './day.tsx';

type Line = Limits['lines'][number];

/** The limits, kept fresh, and how to change them. */
export function LimitsScreen(props: { limits: Limits }) {
  const { value, problem, refresh } = useFresh('/api/onlyfans/limits', props.limits, {
    everyMs: 1_000,
    concerns: ({ is }) => is === 'line',
  });
  const limits = value ?? props.limits;
  const { in_force, lines, scope } = limits;
  const busiest = lines.toSorted((a, b) => b.worst_24h - a.worst_24h)[0];
  return (
    <>
      <div className="head">
        <div>
          <h1>
            {grouped(in_force.limit)} in any {grouped(in_force.window_s)} s
            {scope === 'creator' && ' for each creator'}
          </h1>
          <p className="quiet">
            Counted where the site is touched, retries included. A change holds at once.
          </p>
        </div>
      </div>
      {problem !== undefined && <Problem>{problem}</Problem>}
      <div className="grid loose">
        <InForce key={JSON.stringify(limits.set)} limits={limits} onDone={refresh} />
        <section className="card third" aria-labelledby="day">
          <header>
            <h2 id="day">The last day</h2>
            {busiest && (
              <span className="small quiet">
                worst window{' '}
                <b className={busiest.worst_24h > in_force.limit ? 'bad-text' : 'strong'}>
                  {grouped(busiest.worst_24h)}
                </b>
              </span>
            )}
          </header>
          <div className="inside">
            {busiest ? (
              <Day line={busiest} limit={in_force.limit} />
            ) : (
              <p className="quiet">Nothing has gone to the site yet.</p>
            )}
          </div>
        </section>
        {lines.length > 0 && (
          <section className="card" aria-labelledby="lines">
            <header>
              <h2 id="lines">{lines.length === 1 ? 'The line' : 'Lines'}</h2>
            </header>
            <Table
              label="How much of the limit each line uses"
              rows={lines}
              columns={columnsFor(limits)}
              keyOf={({ line }) => line}
            />
          </section>
        )}
      </div>
    </>
  );
}

function columnsFor({ scope, in_force: { limit } }: Limits): Column<Line>[] {
  return [
    {
      name: 'Line',
      cell: ({ line }) => (scope === 'creator' ? <a href={creatorPath(line)}>{line}</a> : <b>{line}</b>),
    },
    {
      name: 'Used at the site',
      cell: ({ used }) => (
        <span className="state">
          <Pips used={used} of={limit} label={`${used} of ${limit}`} /> {grouped(used)}
        </span>
      ),
    },
    { name: 'Let through', kind: 'wide number', cell: ({ granted }) => grouped(granted) },
    {
      name: 'Next slot',
      kind: 'number',
      cell: ({ next_slot_at: at }) => (at === undefined ? 'free' : <When at={at} isDue />),
    },
    { name: 'Worst in 24 h', kind: 'wide number', cell: ({ worst_24h }) => grouped(worst_24h) },
  ];
}

/** What is in force and where it comes from; for those who govern, fields to change it. */
function InForce({ limits, onDone }: { limits: Limits; onDone: () => void }) {
  const { in_force, set } = limits;
  const { mayGovern } = useWho();
  const [typed, setTyped] = useState<Typed>(() => typedOf(limits));
  const change = changeOf(limits, typed);
  const isChanged = Object.keys(change).length > 0;
  return (
    <section className="card two-thirds" aria-labelledby="in-force">
      <header>
        <h2 id="in-force">In force</h2>
        {mayGovern && <span className="small quiet">An empty field: as the environment has it</span>}
      </header>
      <table className="settings">
        <thead>
          <tr>
            <th scope="col">Limit</th>
            <th scope="col" className={mayGovern ? 'wide number' : 'number'}>
              In force
            </th>
            <th scope="col">{mayGovern ? 'Set to' : 'Set by'}</th>
          </tr>
        </thead>
        <tbody>
          {NUMBERS.map(({ name, label, least }) => (
            <tr key={name}>
              <th scope="row">{label}</th>
              <td className={mayGovern ? 'wide number' : 'number'}>{grouped(in_force[name])}</td>
              <td>
                {mayGovern ? (
                  <input
                    type="number"
                    min={least}
                    aria-label={label}
                    placeholder={grouped(in_force[name])}
                    value={typed.numbers[name]}
                    onInput={({ currentTarget }) =>
                      setTyped({ ...typed, numbers: { ...typed.numbers, [name]: currentTarget.value } })
                    }
                  />
                ) : (
                  <Origin isSet={set[name] != null} />
                )}
              </td>
            </tr>
          ))}
          {Object.entries(in_force.weights).map(([kind, weight]) => (
            <tr key={kind}>
              <th scope="row">
                Weight of <code>{kind}</code>
              </th>
              <td className={mayGovern ? 'wide number' : 'number'}>{weight}</td>
              <td>
                {mayGovern ? (
                  <input
                    type="number"
                    min={1}
                    aria-label={`Weight of ${kind}`}
                    placeholder={String(weight)}
                    value={typed.weights[kind]}
                    onInput={({ currentTarget }) =>
                      setTyped({ ...typed, weights: { ...typed.weights, [kind]: currentTarget.value } })
                    }
                  />
                ) : (
                  <Origin isSet={set.weights?.[kind] !== undefined} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {mayGovern && (
        <div className="inside buttons after">
          <Act
            label="Change …"
            look={isChanged ? 'primary' : 'plain'}
            isDisabled={!isChanged}
            title="Change the limits?"
            confirm="Change them"
            done="The limits are changed."
            path="/api/onlyfans/limits"
            method="PUT"
            body={change}
            onDone={onDone}
          />
          {isChanged && (
            <button type="button" className="quiet" onClick={() => setTyped(typedOf(limits))}>
              Leave them
            </button>
          )}
        </div>
      )}
    </section>
  );
}

function Origin({ isSet }: { isSet: boolean }) {
  return <>{isSet ? 'an operator' : 'the environment'}</>;
}
