'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import type { Kind, State } from '@huntaze/core/operations';
import { useEffect, useRef, useState } from 'react';
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
  const router = useRouter();
  const go = (next: Partial<Filter>) => router.push(operationsPath({ ...filter, ...next }));
  return (
    <search className="filters">
      <CreatorField key={filter.creator} creator={filter.creator} go={creator => go({ creator })} />
      <select
        aria-label="Kind"
        value={filter.kind ?? ''}
        onChange={({ target }) => go({ kind: target.value === '' ? undefined : (target.value as Kind) })}
      >
        <option value="">Any kind</option>
        {KINDS.map(kind => (
          <option key={kind}>{kind}</option>
        ))}
      </select>
      <States filter={filter} go={go} />
      <nav className="chips" aria-label="Quick views">
        {VIEWS.map(({ name, states }) => (
          <Link
            key={name}
            href={operationsPath({ ...filter, states })}
            prefetch={false}
            aria-current={areSame(filter.states, states) ? 'page' : undefined}
          >
            {name}
          </Link>
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
        onChange={({ target }) => {
          setText(target.value);
          if (target.value === '' || known.some(({ creator_id }) => creator_id === target.value))
            take(target.value);
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
  // A box is ticked at once; the address follows.
  const [states, setStates] = useState(filter.states);
  const asked = filter.states.join();
  useEffect(() => setStates(filter.states), [asked]);
  const flip = (state: State, isWanted: boolean) => {
    const next = STATES.filter(one => (one === state ? isWanted : states.includes(one)));
    setStates(next);
    go({ states: next });
  };
  const said =
    states.length === 0
      ? 'Any state'
      : states.length === 1
        ? stateWord(states[0]!)
        : `${states.length} states`;
  return (
    <details ref={menu} className="menu">
      <summary className="button">{said}</summary>
      <fieldset>
        <legend className="unseen">States</legend>
        {STATES.map(state => (
          <label key={state}>
            <input
              type="checkbox"
              checked={states.includes(state)}
              onChange={({ target }) => flip(state, target.checked)}
            />
            {stateWord(state)}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
