import {
  DescribeReplicationGroupsCommand,
  InvalidReplicationGroupStateFault,
  ModifyReplicationGroupCommand,
  type ElastiCacheClient,
} from '@aws-sdk/client-elasticache';
import { NotYet, RotationRefused } from '../rotation/errors.ts';
import type { Group } from './rotation.ts';

/** A replication group of ElastiCache. */
export function elastiCacheGroup(elastiCache: Pick<ElastiCacheClient, 'send'>, id: string): Group {
  return {
    async state() {
      const { ReplicationGroups: [found] = [] } = await elastiCache.send(
        new DescribeReplicationGroupsCommand({ ReplicationGroupId: id }),
      );
      return {
        status: found?.Status ?? 'unknown',
        authTokenStatus: found?.PendingModifiedValues?.AuthTokenStatus,
      };
    },
    async modify(token, strategy) {
      try {
        await elastiCache.send(
          new ModifyReplicationGroupCommand({
            ReplicationGroupId: id,
            AuthToken: token,
            AuthTokenUpdateStrategy: strategy,
            ApplyImmediately: true,
          }),
        );
      } catch (error) {
        const name = error instanceof Error ? error.name : 'unknown error';
        if (error instanceof InvalidReplicationGroupStateFault)
          throw new NotYet(`replication group ${id} is being changed (${name})`);
        // Without the message and the error itself: what was asked for holds the token.
        throw new RotationRefused(
          `replication group ${id} did not take the AUTH token (${strategy}): ${name}`,
        );
      }
    },
  };
}
