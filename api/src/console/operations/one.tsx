import { creatorPath, operationPath } from '../paths.ts';
import type { Operation } from '../types.ts';
import { Took, useNow, When } from '../ui/clock.tsx';
import { useFresh } from '../ui/live.tsx';
import { Problem, State } from '../ui/state.tsx';
import { explain, stateWord, tone } from '../words.ts';
import { OperationActs } from './acts.tsx';
import { Left } from './left.tsx';
import { askedAt } from './list.ts';
import { hasEnded } from './states.ts';
import { Waterfall } from './waterfall.tsx';

/** One operation, kept fresh: its life, what it waits for, what it has left, what can be done. */
export function OperationScreen(props: { operation: Operation }) {
  const id = props.operation.operation_id;
  const { value, problem, refresh } = useFresh(`/api/onlyfans${operationPath(id)}`, props.operation, {
    everyMs: 1_000,
    concerns: change =>
      change.is === 'operation' ? change.operation.operation_id === id : change.is === 'line',
  });
  const operation = value ?? props.operation;
  const { kind, state, result } = operation;
  return (
    <>
      <div className="head">
        <div>
          <p className="small">
            <a href="/operations">Operations</a>
          </p>
          <h1 className="anywhere">{kind}</h1>
          <p>
            <State tone={tone(state)}>{stateWord(state)}</State>
            <span className="quiet">
              <Words operation={operation} />
            </span>
          </p>
        </div>
        <OperationActs operation={operation} onDone={refresh} />
      </div>
      {problem !== undefined && <Problem>{problem}</Problem>}
      <div className="grid loose">
        <section className="card two-thirds" aria-labelledby="life">
          <header>
            <h2 id="life">Its life</h2>
            <span className="small quiet">
              <Whole operation={operation} />
            </span>
          </header>
          <Waterfall operation={operation} />
        </section>
        <section className="card third" aria-labelledby="facts">
          <header>
            <h2 id="facts">Facts</h2>
          </header>
          <Facts operation={operation} />
        </section>
        {result !== undefined && <Left key={state} operation={operation} result={result} />}
      </div>
    </>
  );
}

function Words({ operation }: { operation: Operation }) {
  const words = explain(operation, useNow());
  return words === '' ? null : <> · {words}</>;
}

/** How long it has been on its way, or was. */
function Whole({ operation }: { operation: Operation }) {
  const { at, state } = operation;
  const [asked, ended] = [askedAt(operation), hasEnded(state) ? at[state] : undefined];
  if (asked === '') return null;
  return (
    <>
      <Took from={asked} to={ended} /> {ended === undefined ? 'so far' : 'in all'}
    </>
  );
}

function Facts({ operation }: { operation: Operation }) {
  const { operation_id, creator_id, not_after, receives, attempts, failures, of, retry_at, expected_at } =
    operation;
  const asked = askedAt(operation);
  return (
    <dl className="inside facts">
      <dt>Creator</dt>
      <dd>
        <a href={creatorPath(creator_id)}>{creator_id}</a>
      </dd>
      <dt>Id</dt>
      <dd>
        <code>{operation_id}</code>
      </dd>
      {of !== undefined && (
        <>
          <dt>Repeats</dt>
          <dd>
            <a href={operationPath(of)}>
              <code>{of}</code>
            </a>
          </dd>
        </>
      )}
      {asked !== '' && (
        <>
          <dt>Asked for</dt>
          <dd>
            <When at={asked} />
          </dd>
        </>
      )}
      {expected_at !== undefined && (
        <>
          <dt>Its slot</dt>
          <dd>
            <When at={expected_at} isDue />
          </dd>
        </>
      )}
      {retry_at !== undefined && (
        <>
          <dt>Tried again</dt>
          <dd>
            <When at={retry_at} isDue />
          </dd>
        </>
      )}
      {not_after !== undefined && (
        <>
          <dt>Expires</dt>
          <dd>
            <When at={not_after} />
          </dd>
        </>
      )}
      <dt>Attempts</dt>
      <dd>
        {attempts}
        {failures > 0 && `, ${failures} failed`}
      </dd>
      <dt>Deliveries</dt>
      <dd>{receives}</dd>
    </dl>
  );
}
