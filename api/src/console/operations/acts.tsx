import { operationPath } from '../paths.ts';
import type { Operation } from '../types.ts';
import { Act, REASON, type Field } from '../ui/act.tsx';
import { useWho } from '../ui/overview.tsx';

const SETTLE: Field[] = [
  {
    name: 'as',
    label: 'What the site shows',
    required: true,
    options: [
      { value: 'confirmed', label: 'It took effect: it has succeeded' },
      { value: 'sent_again', label: 'It did not: send it again' },
      { value: 'given_up', label: 'It did not: leave it' },
    ],
    hint: 'Look at the site first: the first word stays',
  },
  { name: 'note', label: 'Note', maxLength: 200, hint: 'Kept in the record' },
];

/** What can be done to an operation as it is now. */
export function OperationActs({ operation, onDone }: { operation: Operation; onDone: () => void }) {
  const { mayAsk, mayAct } = useWho();
  const { operation_id: id, kind, creator_id, state } = operation;
  const path = `/api/onlyfans${operationPath(id)}`;
  const name = `${kind} of ${creator_id}`;
  const follow = (answer: unknown) => {
    const { operation_id, sent_again_as } = (answer ?? {}) as Record<string, string | undefined>;
    const next = sent_again_as ?? operation_id;
    if (next === undefined || next === id) onDone();
    else window.location.assign(operationPath(next));
  };
  switch (state) {
    case 'pending':
    case 'waiting':
    case 'forwarded':
      return mayAsk ? (
        <Act
          key="cancel"
          label="Cancel"
          title={`Cancel ${name}?`}
          confirm="Cancel it"
          done={`${name} is cancelled.`}
          path={`${path}/cancel`}
          fields={[REASON]}
          isGrave
          onDone={onDone}
        />
      ) : null;
    case 'failed':
    case 'dead':
      return mayAsk ? (
        <Act
          key="retry"
          label="Ask again"
          look="primary"
          title={`Ask again for ${name}?`}
          confirm="Ask again"
          done={`${name} is asked for again: this is the new operation.`}
          path={`${path}/retry`}
          fields={[REASON]}
          onDone={follow}
        />
      ) : null;
    case 'outcome_unknown':
      return mayAct ? (
        <Act
          key="resolve"
          label="Settle"
          look="primary"
          title={`Did ${name} take effect?`}
          confirm="Settle it"
          done={`${name} is settled.`}
          path={`${path}/resolve`}
          fields={SETTLE}
          onDone={follow}
        />
      ) : null;
    default:
      return null;
  }
}
