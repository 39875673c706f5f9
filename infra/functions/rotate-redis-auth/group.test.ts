import { InvalidReplicationGroupStateFault } from '@aws-sdk/client-elasticache';
import { expect, test } from 'vitest';
import { NotYet, RotationRefused } from '../rotation/errors.ts';
import { elastiCacheGroup } from './group.ts';

/** A group whose client sends nothing, and answers what it is told to. */
function group(answer: unknown) {
  const asked: unknown[] = [];
  const send = (command: { input: unknown }) => {
    asked.push(command.input);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { asked, group: elastiCacheGroup({ send } as never, 'redis') };
}

test('what is done to the group is read from its description', async () => {
  const PendingModifiedValues = { AuthTokenStatus: 'ROTATING' };
  const it = group({ ReplicationGroups: [{ Status: 'modifying', PendingModifiedValues }] });
  expect(await it.group.state()).toEqual({ status: 'modifying', authTokenStatus: 'ROTATING' });
  expect(it.asked).toEqual([{ ReplicationGroupId: 'redis' }]);
  const quiet = group({ ReplicationGroups: [{ Status: 'available' }] });
  expect(await quiet.group.state()).toEqual({ status: 'available', authTokenStatus: undefined });
});

test('a token is set at once, not in the next maintenance window', async () => {
  const it = group({});
  await it.group.modify('token', 'ROTATE');
  const token = { AuthToken: 'token', AuthTokenUpdateStrategy: 'ROTATE' };
  expect(it.asked).toEqual([{ ReplicationGroupId: 'redis', ApplyImmediately: true, ...token }]);
});

test('a group that is being changed already may be asked again', async () => {
  const busy = new InvalidReplicationGroupStateFault({ message: 'not available', $metadata: {} });
  await expect(group(busy).group.modify('token', 'SET')).rejects.toBeInstanceOf(NotYet);
});

test('a token that is not taken is named by nobody', async () => {
  const error = Object.assign(new Error('hidden is no token'), { name: 'InvalidParameterValueException' });
  const thrown: unknown = await group(error)
    .group.modify('hidden', 'ROTATE')
    .catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(RotationRefused);
  expect(String((thrown as Error).stack)).toContain('InvalidParameterValueException');
  expect(String((thrown as Error).stack)).not.toContain('hidden');
});
