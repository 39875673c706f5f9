import { operationPath } from '../paths.ts';
import type { Delivery } from '../types.ts';
import { Act } from '../ui/act.tsx';
import { Since } from '../ui/clock.tsx';
import { useFresh } from '../ui/live.tsx';
import { Problem } from '../ui/state.tsx';
import { Table, type Column } from '../ui/table.tsx';

const PATH = '/api/webhook/deliveries';
const EVERY_MS = 10_000;

/** What was given up of being told: it is told now, or never. */
export function Deliveries(props: { deliveries: Delivery[] }) {
  const { value, problem, refresh } = useFresh(`${PATH}?state=dead&limit=200`, props, {
    everyMs: EVERY_MS,
    concerns: () => false,
  });
  const deliveries = value?.deliveries ?? props.deliveries;
  return (
    <section className="card" aria-labelledby="deliveries">
      <header>
        <h2 id="deliveries">What could not be told</h2>
      </header>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {deliveries.length === 0 ? (
        <p className="inside quiet">Nothing was given up.</p>
      ) : (
        <Table
          label="Deliveries that were given up, the last one first"
          rows={deliveries}
          columns={columnsFor(refresh)}
          keyOf={({ operation_id }) => operation_id}
          more={({ creator_id, last }) => `${creator_id} · ${last?.why ?? ''}`}
        />
      )}
    </section>
  );
}

function columnsFor(onDone: () => void): Column<Delivery>[] {
  return [
    {
      name: 'Operation',
      cell: ({ operation_id, kind }) => <a href={operationPath(operation_id)}>{kind}</a>,
    },
    { name: 'Creator', kind: 'wide', cell: ({ creator_id }) => creator_id },
    { name: 'Token', kind: 'wide', cell: ({ token_id }) => <code>{token_id}</code> },
    {
      name: 'Last answer',
      kind: 'wide rest',
      cell: ({ last }) => <span title={last?.why}>{last?.why ?? '–'}</span>,
    },
    { name: 'Tried', kind: 'wide number', cell: ({ tries }) => tries },
    {
      name: 'Given up for',
      kind: 'wide number',
      cell: ({ dead_since }) => (dead_since === undefined ? '–' : <Since at={dead_since} />),
    },
    {
      name: 'Acts',
      kind: 'number',
      cell: ({ operation_id: id, kind, creator_id }) => (
        <span className="pick">
          <Act
            label="Tell it"
            title={`Tell now that ${kind} of ${creator_id} has ended?`}
            confirm="Tell it now"
            done="It is told now."
            path={`${PATH}/${encodeURIComponent(id)}/redeliver`}
            onDone={onDone}
          />
          <Act
            label="Discard"
            look="quiet"
            title={`Never tell that ${kind} of ${creator_id} has ended?`}
            confirm="Never tell it"
            done="It is never told."
            path={`${PATH}/${encodeURIComponent(id)}/discard`}
            isGrave
            onDone={onDone}
          />
        </span>
      ),
    },
  ];
}
