import { expect, test } from 'vitest';
import type { Resource, Template } from '../synthesized.ts';
import { attachedTo } from './attached.ts';
import { Installation } from './installation.ts';
import { policyOf } from './policies.ts';
import { Deployed, Unresolved } from './resolve.ts';

const PLACE = { partition: 'aws', region: 'eu-west-1', account: '111122223333', stackName: 'huntaze-dev' };
const Resources: Record<string, Resource> = {
  Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'line' } },
  Key: { Type: 'AWS::KMS::Key' },
  Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'huntaze/ada' } },
  Nameless: { Type: 'AWS::S3::Bucket' },
  Group: {
    Type: 'AWS::Logs::LogGroup',
    Properties: { LogGroupName: { 'Fn::Join': ['/', ['', 'huntaze', 'x']] } },
  },
  Unknown: { Type: 'AWS::EC2::Subnet' },
};
const deployed = new Deployed({ Resources }, PLACE);

test.each([
  ['a name', { 'Fn::GetAtt': ['Queue', 'QueueName'] }, 'line'],
  ['an ARN', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:aws:sqs:eu-west-1:111122223333:line'],
  ['an ARN, written short', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:aws:sqs:eu-west-1:111122223333:line'],
  ['a queue’s URL', { Ref: 'Queue' }, 'https://sqs.eu-west-1.amazonaws.com/111122223333/line'],
  [
    'a log group’s ARN',
    { 'Fn::GetAtt': ['Group', 'Arn'] },
    'arn:aws:logs:eu-west-1:111122223333:log-group:/huntaze/x:*',
  ],
  ['the region', { Ref: 'AWS::Region' }, 'eu-west-1'],
  ['a join', { 'Fn::Join': [':', ['arn', { Ref: 'AWS::Partition' }, 's3']] }, 'arn:aws:s3'],
  [
    'a substitution',
    { 'Fn::Sub': '${AWS::AccountId}.${Queue.QueueName}.${!AWS::Region}' },
    '111122223333.line.${AWS::Region}',
  ],
  [
    'one with its own names',
    { 'Fn::Sub': ['${a}-${AWS::StackName}', { a: { Ref: 'AWS::Region' } }] },
    'eu-west-1-huntaze-dev',
  ],
  ['an item', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  [
    'a variable of a policy, which is IAM’s',
    'results/${aws:PrincipalTag/creator_id}/*',
    'results/${aws:PrincipalTag/creator_id}/*',
  ],
])('%s', (_, value, expected) => {
  expect(deployed.value(value)).toBe(expected);
});

test('what AWS makes up is made up as AWS does, and always the same', () => {
  expect(deployed.of('Secret')).toMatch(
    /^arn:aws:secretsmanager:eu-west-1:111122223333:secret:huntaze\/ada-\w{6}$/,
  );
  expect(deployed.of('Key', 'Arn')).toMatch(
    /:key\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  );
  expect(deployed.of('Nameless')).toMatch(/^huntaze-dev-nameless-[0-9a-f]{12}$/);
  expect(deployed.of('Nameless')).toBe(new Deployed({ Resources }, PLACE).of('Nameless'));
});

test.each([
  ['an attribute', { 'Fn::GetAtt': ['Queue', 'Size'] }, 'Queue (AWS::SQS::Queue): its Size is not known'],
  ['a type', { Ref: 'Unknown' }, 'Unknown (AWS::EC2::Subnet): its Ref is not known'],
  ['a resource', { Ref: 'Nobody' }, 'Nobody: there is no such resource'],
  ['a pseudo parameter', { Ref: 'AWS::StackId' }, 'AWS::StackId: there is no such resource'],
  ['a function', { 'Fn::If': ['IsProd', 1, 2] }, 'Fn::If is not known'],
  ['an item', { 'Fn::Select': [3, ['a']] }, 'there is no such item'],
  ['a part of a join', { 'Fn::Join': ['', ['a', { 'Fn::GetAtt': ['Key', 'Size'] }]] }, 'Key (AWS::KMS::Key)'],
])('%s that is not known is named, and never passes', (_, value, named) => {
  expect(() => deployed.value(value)).toThrow(Unresolved);
  expect(() => deployed.value(value)).toThrow(named);
});

test('a policy that says what it does not mean is not read', () => {
  const statement = { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' };
  expect(() => policyOf({ Version: '2012-10-17', Statement: statement })).toThrow('NotAction');
});

test('which of two policies of a queue holds is not guessed', () => {
  const policy: Resource = {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: { Queues: [{ Ref: 'Queue' }], PolicyDocument: { Version: '2012-10-17', Statement: [] } },
  };
  const template: Template = { Resources: { ...Resources, One: policy, Other: policy } };
  const it = new Installation({ stage: 'dev' }, template);
  expect(() => attachedTo(it, it.of('Queue', 'Arn'))).toThrow('2 policies');
});
