import { counted } from '../times.ts';
import type { Token } from '../types.ts';
import { Act, type Field } from '../ui/act.tsx';
import { Since, useNow, When } from '../ui/clock.tsx';
import { useFresh } from '../ui/live.tsx';
import { Problem } from '../ui/state.tsx';
import { Table, type Column } from '../ui/table.tsx';
import { askedToken, hasExpired } from './token.ts';

const EVERY_MS = 30_000;
const FIELDS: Field[] = [
  { name: 'name', label: 'Name', required: true, maxLength: 100, hint: 'Whose it is, or which program’s' },
  {
    name: 'role',
    label: 'Role',
    required: true,
    options: [
      { value: 'viewer', label: 'Viewer: looks' },
      { value: 'creator', label: 'Creator: asks for operations' },
      { value: 'operator', label: 'Operator: acts' },
    ],
  },
  { name: 'creators', label: 'Creators', maxLength: 4_000, hint: 'Their ids; left empty: all' },
  {
    name: 'expires_at',
    label: 'Expires (UTC)',
    type: 'datetime-local',
    hint: 'Left empty: when it is revoked',
  },
];

/** Every token without itself; they are made and revoked here. */
export function Tokens(props: { tokens: Token[]; own: string; onMade: (token: string) => void }) {
  const { value, problem, refresh } = useFresh(
    '/api/tokens',
    { tokens: props.tokens },
    { everyMs: EVERY_MS, concerns: () => false },
  );
  const tokens = value?.tokens ?? props.tokens;
  return (
    <section className="card" aria-labelledby="tokens">
      <header>
        <h2 id="tokens">Tokens</h2>
        <Act
          label="Make a token"
          look="primary"
          title="Make a token?"
          confirm="Make it"
          done="The token is made: it is shown once."
          path="/api/tokens"
          fields={FIELDS}
          shape={askedToken}
          effect={[
            'Whoever has the token may do what its role may.',
            'It is shown once, on this page; only a hash of it is kept.',
          ]}
          onDone={answer => {
            props.onMade((answer as { token: string }).token);
            refresh();
          }}
        />
      </header>
      {problem !== undefined && <Problem>{problem}</Problem>}
      <Table
        label="Tokens, the oldest first"
        rows={tokens}
        columns={columnsFor(props.own, refresh)}
        keyOf={({ id }) => id}
        more={({ role, creators }) => `${role}, ${whoseIn(creators)}`}
      />
    </section>
  );
}

function columnsFor(own: string, onDone: () => void): Column<Token>[] {
  return [
    { name: 'Name', kind: 'rest', cell: ({ name }) => <span title={name}>{name}</span> },
    { name: 'Id', kind: 'wide', cell: ({ id }) => <code>{id}</code> },
    { name: 'Role', kind: 'wide', cell: ({ role }) => role },
    {
      name: 'Creators',
      kind: 'wide',
      cell: ({ creators }) => (
        <span title={creators === 'all' ? undefined : creators.join(', ')}>{whoseIn(creators)}</span>
      ),
    },
    { name: 'Age', kind: 'wide number', cell: ({ created_at }) => <Since at={created_at} /> },
    { name: 'Expires', kind: 'wide number', cell: token => <Expiry token={token} /> },
    {
      name: 'Acts',
      kind: 'number',
      cell: ({ id, name }) =>
        id === own ? (
          <span className="quiet">yours</span>
        ) : (
          <Act
            label={
              <>
                Revoke<span className="unseen"> {name}</span>
              </>
            }
            look="quiet"
            title={`Revoke “${name}”?`}
            confirm="Revoke it"
            done={`“${name}” is revoked.`}
            path={`/api/tokens/${encodeURIComponent(id)}`}
            method="DELETE"
            effect={[
              'Nobody is let in with it any more, half a minute later at the latest.',
              'It can’t be given back: a new one is made instead.',
            ]}
            isGrave
            onDone={onDone}
          />
        ),
    },
  ];
}

function Expiry({ token }: { token: Token }) {
  const now = useNow();
  if (token.expires_at === undefined) return <span className="quiet">never</span>;
  return (
    <span className={hasExpired(token, now) ? 'bad-text' : undefined}>
      <When at={token.expires_at} />
    </span>
  );
}

function whoseIn(creators: Token['creators']): string {
  return creators === 'all' ? 'all creators' : counted(creators.length, 'creator');
}
