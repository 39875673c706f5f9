import { creatorPath, operationPath } from '../paths.ts';
import { grouped } from '../times.ts';
import type { Letter } from '../types.ts';
import { Since } from '../ui/clock.tsx';
import { Table, type Column } from '../ui/table.tsx';
import { letterName, lettersPath } from './choice.ts';

/** Which letters are selected. */
export interface Select {
  selected: ReadonlySet<string>;
  setSelected: (next: ReadonlySet<string>) => void;
}

/** A row for each letter: why it died, what it asked for, how often it was tried, what went wrong last. */
export function LetterTable({ letters, select }: { letters: Letter[]; select: Select | undefined }) {
  return (
    <>
      {select && <SelectAll letters={letters} {...select} />}
      <Table
        label="Dead letters, the newest first"
        rows={letters}
        columns={columnsFor(select)}
        keyOf={({ id }) => id}
        mark={({ id }) => (select?.selected.has(id) ? 'selected' : undefined)}
        more={letter => (
          <>
            {letter.creator_id !== undefined && `${letter.creator_id} · `}
            {letter.last_error ?? letter.cause}
          </>
        )}
      />
    </>
  );
}

function SelectAll({ letters, selected, setSelected }: Select & { letters: Letter[] }) {
  const count = letters.filter(({ id }) => selected.has(id)).length;
  return (
    <label className="pick all">
      <input
        type="checkbox"
        checked={count === letters.length}
        ref={field => {
          if (field) field.indeterminate = count > 0 && count < letters.length;
        }}
        onChange={({ currentTarget }) =>
          setSelected(new Set(currentTarget.checked ? letters.map(({ id }) => id) : undefined))
        }
      />
      {count === 0 ? `Select all ${grouped(letters.length)}` : `${grouped(count)} selected`}
    </label>
  );
}

function columnsFor(select: Select | undefined): Column<Letter>[] {
  const flip = (id: string) => {
    if (select === undefined) return;
    const next = new Set(select.selected);
    if (!next.delete(id)) next.add(id);
    select.setSelected(next);
  };
  return [
    {
      name: 'Operation',
      cell: letter => (
        <span className="pick">
          {select && (
            <input
              type="checkbox"
              aria-label={`Select ${letterName(letter)}`}
              checked={select.selected.has(letter.id)}
              onChange={() => flip(letter.id)}
            />
          )}
          {letter.operation_id === undefined ? (
            (letter.kind ?? 'Unreadable message')
          ) : (
            <a className="whole" href={operationPath(letter.operation_id)}>
              {letter.kind ?? letter.operation_id}
            </a>
          )}
        </span>
      ),
    },
    {
      name: 'Creator',
      kind: 'wide',
      cell: ({ creator_id }) =>
        creator_id === undefined ? '–' : <a href={creatorPath(creator_id)}>{creator_id}</a>,
    },
    {
      name: 'Cause',
      kind: 'wide',
      cell: ({ cause }) => (
        <div className="bounded" title={cause}>
          <a href={lettersPath({ cause, creator: undefined, queue: undefined })}>{cause}</a>
        </div>
      ),
    },
    {
      name: 'Last error',
      kind: 'wide rest',
      cell: ({ last_error }) => <span title={last_error}>{last_error ?? '–'}</span>,
    },
    { name: 'Tried', kind: 'wide number', cell: ({ attempts }) => (attempts === undefined ? '–' : attempts) },
    { name: 'Dead for', kind: 'number', cell: ({ sent_at }) => <Since at={sent_at} /> },
  ];
}
