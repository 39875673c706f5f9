import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  RotateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestAws } from '../aws/test-clients.ts';
import type { Place } from './place.ts';
import { endRotation, eraseSecret, findSecret } from './secret.ts';
import { testPlace } from './test-place.ts';

let aws: TestAws;
let place: Place;
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:rotate';
/** A rotation that never comes to an end: the site's operation is awaited. */
const rotationFunctions = {
  [FUNCTION]: async ({ Step }: { Step: string }) => {
    if (Step === 'testSecret') throw new Error('not yet');
  },
};
beforeEach(async () => {
  ({ aws, place } = await testPlace(['ada', 'ada.b', 'bea'], { rotationFunctions }));
});
afterEach(() => aws.close());

const NAME = 'huntaze/onlyfans/ada';
const describeSecret = () => aws.secrets.send(new DescribeSecretCommand({ SecretId: NAME }));
const others = async () => [await findSecret(place, 'ada.b'), await findSecret(place, 'bea')];

test('at once and for good: its name is free, and no other secret is touched', async () => {
  expect(await eraseSecret(place, 'ada', undefined)).toBeUndefined();
  expect(await findSecret(place, 'ada')).toEqual({ is: 'absent' });
  await aws.secrets.send(new CreateSecretCommand({ Name: NAME, SecretString: '{}' }));
  expect(await others()).toEqual([
    { is: 'there', isRotated: false },
    { is: 'there', isRotated: false },
  ]);
});

test('so that it can be restored, if that is asked for, and until then at once after all', async () => {
  const until = await eraseSecret(place, 'ada', 7);
  expect(until!.getTime() - aws.clock.now()).toBe(7 * 86_400_000);
  expect(await findSecret(place, 'ada')).toEqual({ is: 'going' });
  expect(await eraseSecret(place, 'ada', 7)).toBeUndefined();
  expect(await findSecret(place, 'ada')).toEqual({ is: 'going' });
  await eraseSecret(place, 'ada', undefined);
  expect(await findSecret(place, 'ada')).toEqual({ is: 'absent' });
});

test('what is not there is gone already', async () => {
  await aws.secrets.send(new DeleteSecretCommand({ SecretId: NAME, ForceDeleteWithoutRecovery: true }));
  expect(await eraseSecret(place, 'ada', undefined)).toBeUndefined();
  await endRotation(place, 'ada');
});

test('a rotation that is under way ends, and none follows; who is not rotated is left as he is', async () => {
  const RotationRules = { AutomaticallyAfterDays: 90 };
  const rotate = { SecretId: NAME, RotationLambdaARN: FUNCTION, RotationRules };
  await aws.secrets.send(new RotateSecretCommand(rotate));
  expect(await findSecret(place, 'ada')).toEqual({ is: 'there', isRotated: true });
  await endRotation(place, 'ada');
  expect(await describeSecret()).toMatchObject({ RotationEnabled: false });
  const before = await describeSecret();
  await endRotation(place, 'ada');
  expect({ ...(await describeSecret()), $metadata: 0 }).toEqual({ ...before, $metadata: 0 });
  await eraseSecret(place, 'ada', undefined);
  expect(await findSecret(place, 'ada')).toEqual({ is: 'absent' });
});
