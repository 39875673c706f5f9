import { NotYet } from '../rotation/errors.ts';
import { randomPassword, type Rotated, type Rotation, type Secrets } from '../rotation/rotate.ts';

/** The replication group, as ElastiCache describes it. */
export interface GroupState {
  /** `available`, or what is being done to it. */
  status: string;
  /** A new token is being spread over its nodes: added beside the one before, or made the only one. */
  authTokenStatus: 'ROTATING' | 'SETTING' | undefined;
}

/** The replication group whose token it is. */
export interface Group {
  state(): Promise<GroupState>;
  /**
   * ROTATE adds the token beside the last one, SET makes it the only one.
   * @throws NotYet while the group is being changed already
   */
  modify(token: string, strategy: 'ROTATE' | 'SET'): Promise<void>;
}

/**
 * Whether Redis lets one in with this password.
 * @throws NotYet when that can't be told: no connection, no answer in time
 */
export type LetsIn = (password: string) => Promise<boolean>;

/** What ElastiCache takes beside letters and digits; 16 to 128 characters in all. */
const PUNCTUATION = '!&#$^<>-';
const LENGTH = 64;

/**
 * The rotation of an ElastiCache AUTH token; the secret's value is the token. ElastiCache knows two tokens at most: ROTATE
 * adds the new one in setSecret, and the old one is good until SET makes the new one the only one. SET comes last,
 * after AWSCURRENT has moved: whoever is refused with the old token then finds the new one there. Connections that
 * are open stay open. A third token pushes the oldest out: whoever takes AWSPENDING off a version by hand, after
 * ROTATE, is to SET the current token before the next rotation.
 * https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html
 */
export function redisAuthRotation(secrets: Secrets, group: Group, letsIn: LetsIn): Rotation {
  return {
    create: () => randomPassword(secrets, LENGTH, PUNCTUATION),

    async set(secret) {
      const token = await valueOf(secret, 'AWSPENDING');
      if (await letsIn(token)) return;
      await expectAvailable(group);
      await group.modify(token, 'ROTATE');
    },

    /** All nodes have to know the token: the one that answers now may not be the one that answers tomorrow. */
    async test(secret) {
      // RotateSecret without an immediate rotation tests with a version that has no value, or the current one's.
      const pending = await secret.value('AWSPENDING');
      if (!(await letsIn(pending ?? (await valueOf(secret, 'AWSCURRENT')))))
        throw new NotYet('Redis does not take the pending AUTH token yet');
      await expectAvailable(group);
    },

    async retire(secret) {
      const previous = await secret.value('AWSPREVIOUS');
      if (previous === undefined || !(await letsIn(previous))) return;
      const { authTokenStatus } = await group.state();
      if (authTokenStatus === 'SETTING') return;
      await expectAvailable(group);
      await group.modify(await valueOf(secret, 'AWSCURRENT'), 'SET');
    },
  };
}

async function expectAvailable(group: Group): Promise<void> {
  const { status, authTokenStatus } = await group.state();
  if (status === 'available' && authTokenStatus === undefined) return;
  const token = authTokenStatus === undefined ? '' : `, its AUTH token ${authTokenStatus}`;
  throw new NotYet(`the replication group is ${status}${token}`);
}

async function valueOf(secret: Rotated, label: 'AWSPENDING' | 'AWSCURRENT'): Promise<string> {
  const value = await secret.value(label);
  if (value !== undefined) return value;
  throw new NotYet(`secret ${secret.name} has no value that is ${label}`);
}
