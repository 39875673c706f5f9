import type { Redis } from 'iovalkey';
import type { Group, GroupState } from './rotation.ts';

/** A group that is a real Redis, and sets its tokens as ElastiCache does: only once it is told that time has passed. */
export interface TestGroup extends Group {
  /** `available`, unless a test says otherwise. */
  status: string;
  /** The strategies that it was asked for. */
  modified: string[];
  /** What it was asked for is in force. */
  settle(): Promise<void>;
}

/**
 * @param redis connected already: it is let in for as long as its connection is open
 * @param token that Redis's default user has
 */
export function testGroup(redis: Redis, token: string): TestGroup {
  let tokens = [token];
  let coming: { tokens: string[]; authTokenStatus: GroupState['authTokenStatus'] } | undefined;
  return {
    status: 'available',
    modified: [],
    state() {
      const status = coming ? 'modifying' : this.status;
      return Promise.resolve({ status, authTokenStatus: coming?.authTokenStatus });
    },
    modify(next, strategy) {
      if (coming) throw new Error('InvalidReplicationGroupState');
      this.modified.push(strategy);
      coming =
        strategy === 'SET'
          ? { tokens: [next], authTokenStatus: 'SETTING' }
          : { tokens: [...tokens.slice(-1), next], authTokenStatus: 'ROTATING' };
      return Promise.resolve();
    },
    async settle() {
      if (!coming) return;
      ({ tokens } = coming);
      coming = undefined;
      await redis.call('ACL', 'SETUSER', 'default', 'resetpass', ...tokens.map(one => `>${one}`));
    },
  };
}
