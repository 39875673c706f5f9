import { expect, test } from 'vitest';
import { isPolicy, withoutPermission, withPermission } from './permissions.ts';

const queueArn = 'arn:aws:sqs:us-east-1:000000000000:q';
const permission = { label: 'l', accounts: ['1'], actions: ['SendMessage'], queueArn };

test.each(['not json', 'null', '7', '[]', '{}', '{"Id":7,"Statement":[null,5,"x",{"Sid":{}}]}'])(
  'of a policy that is none (%s) only the sound part is read',
  odd => {
    const policy = withPermission(odd, permission);
    expect(isPolicy(policy)).toBe(true);
    expect((JSON.parse(policy) as { Statement: object[] }).Statement).toHaveLength(1);
    expect(withoutPermission(policy, 'l', queueArn)).toBe('');
    expect(() => withoutPermission(odd, 'l', queueArn)).toThrow("can't find label");
  },
);

test('what else a policy says stays', () => {
  const own = { Version: '2012-10-17', Id: 'own', Statement: { Sid: 's', Effect: 'Deny' } };
  const policy = JSON.parse(withPermission(JSON.stringify(own), permission)) as object;
  expect(policy).toMatchObject({
    Version: '2012-10-17',
    Id: 'own',
    Statement: [own.Statement, { Sid: 'l' }],
  });
});
