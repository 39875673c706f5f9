import type { Kind, State } from '@huntaze/core/operations';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { OperationPage } from '../types.ts';
import { useGlance } from '../ui/overview.tsx';
import { useSlash } from '../ui/slash.ts';
import { stateWord } from '../words.ts';
import { areSame, operationsPath, queryOf, VIEWS, type Filter } from './filter.ts';
import { KINDS, STATES } from './states.ts';
import { OperationList } from './table.tsx';

/** The operations, the newest first; what of them is shown is in the address. */
export function OperationsScreen({ filter, page }: { filter: Filter; page: OperationPage }) {
  return (
    <>
      <div className="head">
        <div>
          <h1>Operations</h1>
          <p className="quiet">The newest first; the list is live, and holds still while you read.</p>
        </div>
      </div>
      <Filters filter={filter} />
      <OperationList key={queryOf(filter)} filter={filter} page={page} />
    </>
  );
}

function Filters({ filter }: { filter: Filter }) {
  const go = (next: Partial<Filter>) => window.location.assign(operationsPath({ ...filter, ...next }));
  return (
    <search className="filters">
      <CreatorField key={filter.creator} creator={filter.creator} go={creator => go({ creator })} />
      <select
        aria-label="Kind"
        value={filter.kind ?? ''}
        onChange={({ currentTarget: { value } }) => go({ kind: value === '' ? undefined : (value as Kind) })}
      >
        <option value="">Any kind</option>
        {KINDS.map(kind => (
          <option key={kind}>{kind}</option>
        ))}
      </select>
      <States filter={filter} go={go} />
      <nav className="chips" aria-label="Quick views">
        {VIEWS.map(({ name, states }) => (
          <a
            key={name}
            href={operationsPath({ ...filter, states })}
            aria-current={areSame(filter.states, states) ? 'page' : undefined}
          >
            {name}
          </a>
        ))}
      </nav>
    </search>
  );
}

/** A creator by name: as soon as it is one, or on Enter. */
function CreatorField({
  creator,
  go,
}: {
  creator: string | undefined;
  go: (creator: string | undefined) => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(creator ?? '');
  const known = useGlance()?.creators ?? [];
  useSlash(field);
  const take = (name: string) => {
    const next = name.trim() === '' ? undefined : name.trim();
    if (next !== creator) go(next);
  };
  return (
    <>
      <input
        ref={field}
        type="search"
        aria-label="Creator"
        aria-keyshortcuts="/"
        placeholder="Creator …"
        title="Press / to come here"
        list="creators"
        value={text}
        maxLength={128}
        onInput={({ currentTarget: { value } }) => {
          setText(value);
          if (value === '' || known.some(({ creator_id }) => creator_id === value)) take(value);
        }}
        onKeyDown={({ key }) => {
          if (key === 'Enter') take(text);
        }}
      />
      <datalist id="creators">
        {known.map(({ creator_id }) => (
          <option key={creator_id} value={creator_id} />
        ))}
      </datalist>
    </>
  );
}

/** Which states, several at a time. */
function States({ filter, go }: { filter: Filter; go: (next: Partial<Filter>) => void }) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const isInside = event.target instanceof Node && menu.current?.contains(event.target);
      if (menu.current && (event instanceof KeyboardEvent ? event.key === 'Escape' : !isInside))
        menu.current.open = false;
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, []);
  // Boxes are ticked one after the other; the address follows once the menu is closed.
  const [states, setStates] = useState(filter.states);
  const flip = (state: State, isWanted: boolean) =>
    setStates(STATES.filter(one => (one === state ? isWanted : states.includes(one))));
  const closed = () => {
    if (menu.current?.open === false && states.join() !== filter.states.join()) go({ states });
  };
  const said =
    states.length === 0
      ? 'Any state'
      : states.length === 1
        ? stateWord(states[0]!)
        : `${states.length} states`;
  return (
    <details ref={menu} className="menu" onToggle={closed}>
      <summary className="button">{said}</summary>
      <fieldset>
        <legend className="unseen">States</legend>
        {STATES.map(state => (
          <label key={state}>
            <input
              type="checkbox"
              checked={states.includes(state)}
              onChange={({ currentTarget }) => flip(state, currentTarget.checked)}
            />
            {stateWord(state)}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
