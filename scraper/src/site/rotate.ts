import * as z from 'zod/mini';
import { areEqual, type Credentials, type SecretVersion } from '../credentials.ts';
import { paramsOf, type Operation } from '../operation.ts';
import { ClientFault } from '../outcome.ts';
import { PASSWORD, PASSWORD_FORM } from './labels.ts';
import { logIn } from './login.ts';
import { once, type Seen } from './once.ts';
import { fillIn } from './post.ts';
import { openDataPage, type Visit } from './visit.ts';

/** What `credentials.rotate` results in; nothing of the password. */
interface Rotated {
  secret_version_id: string;
  confirmed: 'answered by the site' | 'by login';
}

/** The answer to a change that was made: JSON that doesn't say otherwise. */
const taken = z.object({ success: z.optional(z.literal(true)) });

/**
 * With which versions of the secret a login of this operation is tried. The version to be set is in force already
 * where an earlier attempt, or another operation, has set it; once a try is known, that is the likelier case.
 */
export function rotationPasswords(operation: Operation): SecretVersion[] {
  const id = { id: paramsOf(operation, 'credentials.rotate').secret_version_id };
  return operation.effect.tried ? [id, 'AWSCURRENT'] : ['AWSCURRENT', id];
}

/**
 * `credentials.rotate`: the site gets a version of the creator's secret as the new password, once. Whether an
 * earlier try took place is seen by a login: the site takes the one password or the other.
 * @throws ClientFault for a version that can't be set, and the errors of outcome.ts
 */
export async function rotateCredentials(visit: Visit): Promise<Rotated> {
  const { operation, journal } = visit;
  const { effect } = operation;
  const { secret_version_id: versionId } = paramsOf(operation, 'credentials.rotate');
  const rotated = (confirmed: Rotated['confirmed']) => ({ secret_version_id: versionId, confirmed });

  const last = await journal.last(operation);
  effect.undecided = last !== undefined;
  const next = await versionToSet(visit, versionId);
  const current = await visit.credentials('AWSCURRENT');
  if (current && current.email !== next.email)
    throw new ClientFault('params.secret_version_id is a version for another e-mail address', PASSWORD.path);

  async function look(): Promise<Seen<Rotated>> {
    const { credentials, askedAtMs } = visit.login ?? (await logIn(visit, [{ id: versionId }, 'AWSCURRENT']));
    return areEqual(credentials, next) ? { done: rotated('by login') } : { absentAtMs: askedAtMs };
  }

  // A login that was made for this attempt has told already. Without one, the open session doesn't tell: it would
  // be open either way.
  if (visit.login || effect.presumed || (current && areEqual(current, next))) {
    const seen = await look();
    if ('done' in seen) return seen.done;
  }
  return once(
    visit,
    {
      data: PASSWORD.data,
      submit: PASSWORD_FORM.submit,
      absent: 'not in force',
      newestId: null,
      look,
      prepare: () => write(visit, visit.login?.credentials ?? current, next),
      confirmed(answer) {
        if (!z.safeParse(taken, answer).success) return undefined;
        visit.unsaved = true;
        return rotated('answered by the site');
      },
    },
    last,
  );
}

async function versionToSet(visit: Visit, id: string): Promise<Credentials> {
  const credentials = await visit.credentials({ id });
  if (credentials) return credentials;
  throw new ClientFault(
    'params.secret_version_id is no version of the secret that can be used',
    PASSWORD.path,
  );
}

/** Opens the form and writes both passwords into it. */
async function write(visit: Visit, current: Credentials | undefined, next: Credentials): Promise<void> {
  await openDataPage(visit, PASSWORD);
  const filled = (name: string, text: string) => {
    return { name, box: visit.session.page.getByLabel(name, { exact: true }), text };
  };
  const boxes = [
    filled(PASSWORD_FORM.current, current?.password ?? ''),
    filled(PASSWORD_FORM.next, next.password),
    filled(PASSWORD_FORM.confirm, next.password),
  ];
  await fillIn(visit, PASSWORD, { boxes, submit: PASSWORD_FORM.submit });
}
