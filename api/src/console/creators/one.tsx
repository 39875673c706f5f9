import type { ComponentChildren } from 'preact';
import { explain, stateWord, tone } from '../words.ts';
import { creatorPath, operationPath } from '../paths.ts';
import { counted, grouped } from '../times.ts';
import type { Creator, Operation, OperationPage } from '../types.ts';
import { Since, Until, useNow, When } from '../ui/clock.tsx';
import { useFresh } from '../ui/live.tsx';
import { useWho } from '../ui/overview.tsx';
import { Empty, Problem, State } from '../ui/state.tsx';
import { Table, type Column } from '../ui/table.tsx';
import { CreatorActs } from './acts.tsx';
import { creatorTone, creatorWord } from './order.ts';

const COLUMNS: Column<Operation>[] = [
  {
    name: 'Operation',
    cell: ({ operation_id, kind }) => (
      <a className="whole" href={operationPath(operation_id)}>
        {kind}
      </a>
    ),
  },
  { name: 'State', cell: ({ state }) => <State tone={tone(state)}>{stateWord(state)}</State> },
  { name: 'What happens', kind: 'wide rest', cell: operation => <Words operation={operation} /> },
  {
    name: 'Asked for',
    kind: 'wide number',
    cell: ({ at }) => (at.pending === undefined ? '–' : <When at={at.pending} />),
  },
];

/** One creator, kept fresh. */
export function CreatorScreen(props: { creator: Creator; operations: OperationPage | undefined }) {
  const id = props.creator.creator_id;
  const path = `/api/onlyfans${creatorPath(id)}` as const;
  const creator = useFresh(path, props.creator, {
    everyMs: 1_000,
    concerns: change =>
      change.is === 'operation'
        ? change.operation.creator_id === id
        : change.is !== 'creator' || change.creatorId === id,
  });
  const list = useFresh(
    `/api/onlyfans/operations?creator=${encodeURIComponent(id)}&limit=50`,
    props.operations,
    {
      everyMs: 1_000,
      concerns: change => change.is === 'operation' && change.operation.creator_id === id,
    },
  );
  const { mayAct } = useWho();
  const shown = creator.value ?? props.creator;
  const { state, why, until, outcome_unknown } = shown;
  const operations = list.value?.operations ?? [];
  const refresh = () => {
    creator.refresh();
    list.refresh();
  };
  return (
    <>
      <div className="head">
        <div>
          <p className="small">
            <a href="/creators">Creators</a>
          </p>
          <h1 className="anywhere">{id}</h1>
          <p>
            <State tone={creatorTone(state)}>{creatorWord(state)}</State>
            <span className="quiet">
              {why !== undefined && ` · ${why}`}
              {until !== undefined && (
                <>
                  {' '}
                  · <Until at={until} />
                </>
              )}
            </span>
          </p>
        </div>
        {mayAct && <CreatorActs creator={shown} onDone={refresh} />}
      </div>
      {(creator.problem ?? list.problem) !== undefined && (
        <Problem>{creator.problem ?? list.problem}</Problem>
      )}
      {outcome_unknown > 0 && (
        <p className="note below">
          {counted(outcome_unknown, 'operation')} may or may not have taken effect: look at the site, then say
          which.{' '}
          <a
            href={`/operations?${new URLSearchParams({ creator: id, state: 'outcome_unknown' }).toString()}`}
          >
            Show
          </a>
        </p>
      )}
      <div className="grid loose">
        <Numbers creator={shown} />
        <section className="card two-thirds" aria-labelledby="operations">
          <header>
            <h2 id="operations">Newest operations</h2>
            <a href={`/operations?${new URLSearchParams({ creator: id }).toString()}`}>All</a>
          </header>
          {operations.length > 0 ? (
            <Table
              label={`The newest operations of ${id}`}
              rows={operations}
              columns={COLUMNS}
              keyOf={({ operation_id }) => operation_id}
              more={operation => <Words operation={operation} />}
            />
          ) : (
            <Empty title="It has asked for nothing yet">
              <p>
                <a href="/docs">The API says how one asks</a>.
              </p>
            </Empty>
          )}
        </section>
      </div>
    </>
  );
}

function Words({ operation }: { operation: Operation }) {
  const words = explain(operation, useNow());
  return <span title={words}>{words}</span>;
}

/** How much of it is where, and what is next. */
function Numbers({ creator }: { creator: Creator }) {
  const { pending, waiting, forwarded, running, head, last_expected_at } = creator;
  return (
    <section className="card third" aria-labelledby="numbers">
      <header>
        <h2 id="numbers">Where it stands</h2>
      </header>
      <dl className="inside facts apart">
        <Fact name="Not yet in line">{grouped(pending)}</Fact>
        <Fact name="In line">{grouped(waiting)}</Fact>
        <Fact name="Let through">{grouped(forwarded)}</Fact>
        <Fact name="At the site">{grouped(running)}</Fact>
        {last_expected_at !== undefined && (
          <Fact name="All done">
            <When at={last_expected_at} isDue />
          </Fact>
        )}
        {head && (
          <>
            <Fact name="Next">
              <a href={operationPath(head.operation_id)}>{head.kind}</a>
            </Fact>
            {head.since !== undefined && (
              <Fact name="Has waited">
                <Since at={head.since} />
              </Fact>
            )}
            {head.expected_at !== undefined && (
              <Fact name="Its slot">
                <When at={head.expected_at} isDue />
              </Fact>
            )}
          </>
        )}
      </dl>
    </section>
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
