import { useState } from 'preact/hooks';
import { counted, grouped } from '../times.ts';
import type { LetterPage, LettersEnded } from '../types.ts';
import { Act, REASON } from '../ui/act.tsx';
import { useFresh } from '../ui/live.tsx';
import { useWho } from '../ui/overview.tsx';
import { Empty, Problem } from '../ui/state.tsx';
import { choiceOf, chosenInWords, letterQueryOf, lettersPath, QUEUES, type LetterFilter } from './choice.ts';
import { EndedLetters, type Ended } from './ended.tsx';
import { LetterTable } from './table.tsx';

/** Reading them is looking through two queues: not so often (ms). */
const EVERY_MS = 15_000;

/** What could not be done, by its cause, and what can be done about it. */
export function LettersScreen({ filter, page }: { filter: LetterFilter; page: LetterPage }) {
  const query = letterQueryOf(filter);
  const { value, problem, refresh } = useFresh(
    `/api/onlyfans/dead-letters${query === '' ? '' : `?${query}`}`,
    page,
    { everyMs: EVERY_MS, concerns: ({ is }) => is === 'line' },
  );
  const { mayAct } = useWho();
  const { letters, causes, is_complete } = value ?? page;
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [ended, setEnded] = useState<Ended>();
  const all = causes.reduce((sum, { count }) => sum + count, 0);

  const choice = choiceOf(filter, selected, letters);
  const words = chosenInWords(selected, letters);
  const acted = (act: Ended['act']) => (answer: unknown) => {
    setEnded({ act, of: letters, ...(answer as LettersEnded) });
    setSelected(new Set());
    refresh();
  };
  return (
    <>
      <div className="head">
        <div>
          <h1>Dead letters</h1>
          <p className="quiet">
            {all === 0
              ? 'What could not be done would be here.'
              : `${counted(all, 'operation')} could not be done${is_complete ? '' : '; there are others that can’t be seen before these are gone'}.`}
          </p>
        </div>
        {mayAct && choice && (
          <div className="buttons">
            <Act
              label={`Ask again for ${words}`}
              look="primary"
              title={`Ask again for ${words}?`}
              confirm="Ask again"
              done="Done: what became of each is on the page."
              path="/api/onlyfans/dead-letters/redrive"
              body={choice}
              fields={[REASON]}
              onDone={acted('redrive')}
            />
            <Act
              label="Discard"
              title={`Discard ${words}?`}
              confirm="Delete for good"
              done="Done: what became of each is on the page."
              path="/api/onlyfans/dead-letters/discard"
              body={choice}
              fields={[REASON]}
              isGrave
              onDone={acted('discard')}
            />
          </div>
        )}
      </div>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {ended && <EndedLetters ended={ended} onClose={() => setEnded(undefined)} />}
      <Filters filter={filter} causes={causes} all={all} />
      <section className="card" aria-label="Dead letters">
        {letters.length > 0 ? (
          <LetterTable letters={letters} select={mayAct ? { selected, setSelected } : undefined} />
        ) : all > 0 ? (
          <Empty title="No letter is like that">
            <p>
              <a href="/dead-letters">Show all {grouped(all)}</a>
            </p>
          </Empty>
        ) : (
          <Empty title="Nothing is dead">
            <p>Whatever can’t be done, however often it is tried, is kept here until somebody decides.</p>
          </Empty>
        )}
      </section>
    </>
  );
}

/** Causes with how many died of each; and, where they narrow it, whose they are and in which queue. */
function Filters({
  filter,
  causes,
  all,
}: {
  filter: LetterFilter;
  causes: LetterPage['causes'];
  all: number;
}) {
  const to = (next: Partial<LetterFilter>) => lettersPath({ ...filter, ...next });
  return (
    <div className="filters">
      <nav className="chips" aria-label="Cause">
        <a href={to({ cause: undefined })} aria-current={filter.cause === undefined ? 'page' : undefined}>
          Any cause <b>{grouped(all)}</b>
        </a>
        {causes.map(({ cause, count }) => (
          <a key={cause} href={to({ cause })} aria-current={filter.cause === cause ? 'page' : undefined}>
            {cause} <b>{grouped(count)}</b>
          </a>
        ))}
      </nav>
      <nav className="chips" aria-label="Queue">
        {QUEUES.map(({ queue, name }) => (
          <a
            key={queue}
            href={to({ queue: filter.queue === queue ? undefined : queue })}
            aria-current={filter.queue === queue ? 'page' : undefined}
          >
            {name}
          </a>
        ))}
        {filter.creator !== undefined && (
          <a href={to({ creator: undefined })} aria-current="page">
            {filter.creator} <span aria-hidden="true">×</span>
            <span className="unseen">: show everybody’s</span>
          </a>
        )}
      </nav>
    </div>
  );
}
