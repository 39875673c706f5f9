import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { creatorPath, operationPath } from '../paths.ts';
import { counted, grouped } from '../times.ts';
import type { Operation, OperationPage } from '../types.ts';
import { ask } from '../ui/ask.ts';
import { Since, useNow } from '../ui/clock.tsx';
import { useChanges } from '../ui/live.tsx';
import { Empty, Problem, State } from '../ui/state.tsx';
import { Table, type Column } from '../ui/table.tsx';
import { explain, stateWord, tone } from '../words.ts';
import { queryOf, type Filter } from './filter.ts';
import { askedAt, heldBack, listOf, reread, settled, withChanges, withPage, type List } from './list.ts';
import { hasEnded } from './states.ts';

/** So many are read at a time: as many as the API gives. */
const PAGE = 200;
/** Places in the line and expected times change without a word: what is in view is read again so often (ms). */
const AGAIN_MS = 5_000;
/** Scrolled further than this (px), somebody reads. */
const AT_TOP = 40;

const COLUMNS: Column<Operation>[] = [
  {
    name: 'Operation',
    cell: ({ operation_id, kind }) => (
      <a className="whole" href={operationPath(operation_id)}>
        {kind}
      </a>
    ),
  },
  {
    name: 'Creator',
    kind: 'wide',
    cell: ({ creator_id }) => <a href={creatorPath(creator_id)}>{creator_id}</a>,
  },
  { name: 'State', cell: ({ state }) => <State tone={tone(state)}>{stateWord(state)}</State> },
  { name: 'What happens', kind: 'wide rest', cell: operation => <Words operation={operation} /> },
  {
    name: 'Age',
    kind: 'wide number',
    cell: operation => (askedAt(operation) === '' ? '–' : <Since at={askedAt(operation)} />),
  },
];

/** The operations that fit, live; more are read as one scrolls. Nothing moves while somebody reads. */
export function OperationList({ filter, page }: { filter: Filter; page: OperationPage }) {
  const query = queryOf(filter);
  const [list, setList] = useState(() => listOf(page));
  const latest = useRef(list);
  latest.current = list;
  const [problem, setProblem] = useState<string>();
  const { card, isReading } = useReading(() => setList(settled));

  const read = useCallback(
    async (cursor: string | undefined): Promise<OperationPage | undefined> => {
      const asked = [query, `limit=${PAGE}`, cursor ? `cursor=${encodeURIComponent(cursor)}` : ''];
      const answer = await ask<OperationPage>(
        'GET',
        `/api/onlyfans/operations?${asked.filter(part => part !== '').join('&')}`,
      );
      setProblem(answer.is === 'problem' ? answer.detail : undefined);
      return answer.is === 'answered' ? answer.value : undefined;
    },
    [query],
  );

  const isAdding = useRef(false);
  const add = useCallback(async () => {
    const { next } = latest.current;
    if (next === undefined || isAdding.current) return;
    isAdding.current = true;
    const found = await read(next);
    isAdding.current = false;
    // Read anew meanwhile, the list goes on elsewhere.
    if (found) setList(before => (before.next === next ? withPage(before, found) : before));
  }, [read]);

  const isAgain = useRef(false);
  /** Reads at least so many from the beginning, page by page, unless that is under way. */
  const readMany = useCallback(
    async (atLeast: number): Promise<List | undefined> => {
      if (isAgain.current) return undefined;
      isAgain.current = true;
      try {
        let all: List | undefined;
        do {
          const found = await read(all?.next);
          if (found === undefined) return undefined;
          all = all === undefined ? listOf(found) : withPage(all, found);
        } while (all.next !== undefined && all.rows.length < atLeast);
        return all;
      } finally {
        isAgain.current = false;
      }
    },
    [read],
  );
  /** Everything that is listed is read anew. */
  const readAll = useCallback(async () => {
    const all = await readMany(latest.current.rows.length);
    if (all === undefined) return;
    const { rows, next, cursors } = all;
    setList(before => ({ ...reread(before, { operations: rows, next }, isReading()), cursors }));
  }, [readMany, isReading]);
  useBeingBack(latest, readMany, setList);

  useChanges(changes => {
    if (changes.some(({ is }) => is === 'reset')) return void readAll();
    const told = changes.flatMap(change => (change.is === 'operation' ? [change.operation] : []));
    if (told.length > 0) setList(before => withChanges(before, told, filter, isReading()));
  });

  const view = useRef({ from: 0, to: 0 });
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden || isAgain.current) return;
      const { rows, cursors } = latest.current;
      const open = rows.slice(view.current.from, view.current.to).filter(({ state }) => !hasEnded(state));
      const pages = new Set(open.map(({ operation_id }) => cursors.get(operation_id) ?? ''));
      for (const cursor of pages)
        void read(cursor).then(
          found => found && setList(before => withChanges(before, found.operations, filter, isReading())),
        );
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [read, isReading]);

  const count = heldBack(list);
  const { rows, over, held, next } = list;
  return (
    <>
      {count > 0 && (
        <div className="held">
          <button
            type="button"
            className="primary"
            onClick={() => {
              setList(settled);
              window.scrollTo({ top: 0 });
            }}
          >
            {[
              held.size > 0 && `${grouped(held.size)} new`,
              over.size > 0 && `${counted(over.size, 'fits', 'fit')} no longer`,
            ]
              .filter(part => part !== false)
              .join(', ')}
          </button>
        </div>
      )}
      <section className="card" aria-label="Operations" ref={card}>
        {rows.length > 0 ? (
          <Table
            label="Operations, the newest first"
            rows={rows}
            columns={COLUMNS}
            keyOf={({ operation_id }) => operation_id}
            more={operation => (
              <>
                {operation.creator_id} · <Words operation={operation} />
              </>
            )}
            mark={({ operation_id }) => (over.has(operation_id) ? 'over' : undefined)}
            onEnd={() => void add()}
            onView={seen => {
              view.current = seen;
            }}
          />
        ) : query === '' ? (
          <Empty title="Nothing has been asked for yet">
            <p>
              <a href="/docs">The API says how one asks</a>.
            </p>
          </Empty>
        ) : (
          <Empty title="No operation is like that just now">
            <p>
              <a href="/operations">Show all</a>
            </p>
          </Empty>
        )}
      </section>
      {problem !== undefined && (
        <>
          <Problem>{problem}</Problem>
          <p className="after-list">
            <button type="button" onClick={() => void add()}>
              Try again
            </button>
          </p>
        </>
      )}
      <p className="quiet small after-list" role="status">
        {rows.length > 0 &&
          (next === undefined ? `${counted(rows.length, 'operation')}, no more` : 'More as you scroll')}
      </p>
    </>
  );
}

/**
 * Whoever comes back finds the list where it was left, and as it is now: how long it was and how far it was scrolled is
 * kept with the address in the browser's history.
 */
function useBeingBack(
  list: RefObject<List>,
  readMany: (atLeast: number) => Promise<List | undefined>,
  setList: (list: List) => void,
) {
  const [y, setY] = useState<number>();
  useEffect(() => {
    const { rows, y: from } = (window.history.state ?? {}) as { rows?: number; y?: number };
    // The browser would scroll before the rows are there.
    window.history.scrollRestoration = 'manual';
    if (rows !== undefined && from !== undefined)
      void readMany(rows).then(found => {
        if (found) setList(found);
        setY(from);
      });
    const leave = () =>
      window.history.replaceState({ rows: list.current.rows.length, y: window.scrollY }, '');
    window.addEventListener('pagehide', leave);
    return () => window.removeEventListener('pagehide', leave);
  }, []);
  useLayoutEffect(() => {
    if (y !== undefined) window.scrollTo(0, y);
  }, [y]);
}

/** Somebody reads who has scrolled down, points at the list, or is in it with the keyboard. */
function useReading(onEnd: () => void) {
  const card = useRef<HTMLElement>(null);
  const isReading = useCallback(() => {
    const { current } = card;
    if (current === null || window.scrollY > AT_TOP) return true;
    return current.matches(':hover') || current.contains(document.activeElement);
  }, []);
  useEffect(() => {
    const look = () => {
      // What is left or blurred isn't so yet.
      requestAnimationFrame(() => {
        if (!isReading()) onEnd();
      });
    };
    const { current } = card;
    window.addEventListener('scroll', look, { passive: true });
    current?.addEventListener('pointerleave', look);
    current?.addEventListener('focusout', look);
    return () => {
      window.removeEventListener('scroll', look);
      current?.removeEventListener('pointerleave', look);
      current?.removeEventListener('focusout', look);
    };
  }, []);
  return { card, isReading };
}

function Words({ operation }: { operation: Operation }) {
  const words = explain(operation, useNow());
  return <span title={words}>{words}</span>;
}
