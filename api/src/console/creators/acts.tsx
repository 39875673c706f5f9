import { creatorPath } from '../paths.ts';
import type { Creator } from '../types.ts';
import { Act, REASON, UNTIL, type Field } from '../ui/act.tsx';

const CODE: Field = {
  name: 'code',
  label: 'Code',
  type: 'one-time-code',
  required: true,
  maxLength: 20,
  hint: 'The one that the site has sent to the creator',
};
const CREDENTIALS: Field[] = [
  { name: 'email', label: 'Email', type: 'email', required: true, maxLength: 320 },
  {
    name: 'password',
    label: 'Password',
    type: 'password',
    required: true,
    maxLength: 1_024,
    hint: 'Kept in Secrets Manager; nobody can read it back here',
  },
];

/** What can be done to a creator as it is now: first what helps, then what stops it. */
export function CreatorActs({ creator, onDone }: { creator: Creator; onDone: () => void }) {
  const { creator_id: id, state, head } = creator;
  const path = `/api/onlyfans${creatorPath(id)}`;
  const isHeld = state === 'paused' || state === 'draining';
  const hasNoLogin = state === 'needs_login';
  return (
    <div className="buttons">
      {hasNoLogin && (
        <>
          <Act
            label="Enter code"
            look="primary"
            title={`The code for ${id}`}
            confirm="Send the code"
            done={`${id} signs in with the code.`}
            path={`${path}/code`}
            fields={[CODE]}
            onDone={onDone}
          />
          <Act
            label="Sign in anew"
            title={`Let ${id} sign in anew?`}
            confirm="Sign in anew"
            done={`${id} signs in anew.`}
            path={`${path}/clear-login`}
            fields={[REASON]}
            onDone={onDone}
          />
        </>
      )}
      {isHeld && (
        <Act
          label="Resume"
          look="primary"
          title={`Resume ${id}?`}
          confirm="Resume"
          done={`${id} goes on.`}
          path={`${path}/resume`}
          fields={[REASON]}
          onDone={onDone}
        />
      )}
      {state !== 'paused' && (
        <Act
          label="Pause"
          title={`Pause ${id}?`}
          confirm="Pause"
          done={`${id} is paused.`}
          path={`${path}/pause`}
          fields={[REASON, UNTIL]}
          onDone={onDone}
        />
      )}
      {!isHeld && (
        <Act
          label="Drain"
          title={`Take nothing new on from ${id}?`}
          confirm="Drain"
          done={`${id} runs out.`}
          path={`${path}/drain`}
          fields={[REASON, UNTIL]}
          onDone={onDone}
        />
      )}
      {head && (
        <Act
          label="Skip next"
          title={`Skip what is next of ${id}?`}
          confirm="Skip it"
          done={`${head.kind} is skipped.`}
          path={`${path}/skip`}
          body={{ operation_id: head.operation_id }}
          fields={[{ ...REASON, required: true }]}
          isGrave
          onDone={onDone}
        />
      )}
      <Act
        label="Credentials"
        title={`New credentials for ${id}`}
        confirm="Replace them"
        done={`The credentials of ${id} are replaced.`}
        path={`${path}/credentials`}
        method="PUT"
        fields={CREDENTIALS}
        onDone={onDone}
      />
    </div>
  );
}
