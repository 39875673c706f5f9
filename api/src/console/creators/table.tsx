import { creatorPath } from '../paths.ts';
import { counted, grouped } from '../times.ts';
import type { Creator } from '../types.ts';
import { Since, Until, When } from '../ui/clock.tsx';
import { State } from '../ui/state.tsx';
import { Table, type Column } from '../ui/table.tsx';
import { backlog, creatorTone, creatorWord } from './order.ts';

const COLUMNS: Column<Creator>[] = [
  {
    name: 'Creator',
    cell: ({ creator_id }) => (
      <a className="whole" href={creatorPath(creator_id)}>
        {creator_id}
      </a>
    ),
  },
  {
    name: 'State',
    cell: ({ state }) => <State tone={creatorTone(state)}>{creatorWord(state)}</State>,
  },
  { name: 'Why', kind: 'wide rest', cell: creator => <Why creator={creator} /> },
  {
    name: 'Backlog',
    kind: 'number',
    cell: creator => (backlog(creator) === 0 ? <span className="quiet">–</span> : grouped(backlog(creator))),
  },
  {
    name: 'Oldest',
    kind: 'wide number',
    cell: ({ head }) =>
      head?.since === undefined ? <span className="quiet">–</span> : <Since at={head.since} />,
  },
  {
    name: 'All done',
    kind: 'wide number',
    cell: ({ last_expected_at: at }) =>
      at === undefined ? <span className="quiet">–</span> : <When at={at} isDue />,
  },
];

/** Where there is less room, why stands under the name. */
const COMPACT: Column<Creator>[] = COLUMNS.filter(({ name }) => name !== 'Why').map(column => ({
  ...column,
  ...(column.name === 'Creator' && {
    kind: 'rest tall' as const,
    cell: (creator: Creator) => (
      <>
        {column.cell(creator)}
        <div className="more">
          <Why creator={creator} />
        </div>
      </>
    ),
  }),
}));

/** A row for each creator: its state and why, how much it has asked for, since when, and when it will be through. */
export function CreatorTable({
  creators,
  isCompact = false,
}: {
  creators: readonly Creator[];
  isCompact?: boolean;
}) {
  return (
    <Table
      label="Creators, those with trouble first"
      rows={creators}
      columns={isCompact ? COMPACT : COLUMNS}
      keyOf={({ creator_id }) => creator_id}
      more={isCompact ? undefined : creator => <Why creator={creator} />}
    />
  );
}

/** Why a creator is as it is, and until when. */
function Why({ creator: { why, until, outcome_unknown } }: { creator: Creator }) {
  const unknown = outcome_unknown > 0 && `${counted(outcome_unknown, 'outcome')} to be decided`;
  const parts = [why, unknown].filter(part => part !== undefined && part !== false);
  return (
    <span title={parts.join('; ')}>
      {until !== undefined && (
        <>
          <Until at={until} />
          {parts.length > 0 && ' · '}
        </>
      )}
      {parts.join('; ')}
    </span>
  );
}
