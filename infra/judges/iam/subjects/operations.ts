import type { Installation } from '../installation.ts';
import { inItsName, may, mayNot, type Row, type Subject } from '../rows.ts';
import { queueArn, type Things } from '../things.ts';
import { keysOnlyThrough, logsOfFunction, notOtherLogs, plainHttp } from './common.ts';

/** 6.1: moves tasks between the two services of the scraper, and between nothing else. */
export function theStandIn(it: Installation, things: Things): Subject {
  const itself = it.functionNamed('huntaze-stand-in');
  const cluster = itself.variable('CLUSTER');
  const [main, other] = [itself.variable('SERVICE'), itself.variable('STAND_IN_SERVICE')];
  const serviceArn = (name: string, of = cluster) => it.arn('ecs', `service/${of}/${name}`);
  const target = it.arn('application-autoscaling', 'scalable-target/0ec50123456789abcdef0123456789abcdef');
  const kept = {
    'application-autoscaling:service-namespace': 'ecs',
    'application-autoscaling:scalable-dimension': 'ecs:service:DesiredCount',
  };
  const services = it.all('AWS::ECS::Service').map(({ id }) => it.of(id, 'Name'));
  const others = ['other', ...services.filter(name => name !== main && name !== other)];
  const events = it.one('AWS::SQS::Queue', ({ QueueName }) => QueueName === 'huntaze-stand-in.fifo');
  const eventsArn = queueArn(it, it.of(events.id));
  const taken = 'sqs:ReceiveMessage DeleteMessage GetQueueAttributes';
  return {
    who: 'the stand-in',
    role: itself.role,
    assumedBy: 'lambda.amazonaws.com',
    calls: { 'lambda:SourceFunctionArn': itself.functionArn! },
    isInVpc: itself.isInVpc,
    code: ['infra/functions/stand-in'],
    rows: [
      ...inItsName(may(taken, eventsArn)),
      ...mayNot(taken, Object.values(things.queues)),
      ...mayNot('sqs:SendMessage', [eventsArn, ...Object.values(things.queues)]),
      ...plainHttp(it, 'sqs:ReceiveMessage', [eventsArn]),
      ...may('ecs:DescribeServices UpdateService', [serviceArn(main), serviceArn(other)]),
      ...mayNot('ecs:DescribeServices UpdateService', [
        ...others.map(name => serviceArn(name)),
        serviceArn(main, 'other'),
      ]),
      ...mayNot('ecs:DeleteService', [serviceArn(main), serviceArn(other)]),
      ...mayNot('ecs:RunTask', it.arn('ecs', 'task-definition/scraper:1')),
      ...mayNot('ecs:UpdateCluster', it.arn('ecs', `cluster/${cluster}`)),
      ...may('application-autoscaling:DescribeScalableTargets', '*'),
      ...may('application-autoscaling:RegisterScalableTarget', target, kept),
      ...mayNot('application-autoscaling:RegisterScalableTarget', target, {
        ...kept,
        'application-autoscaling:service-namespace': 'dynamodb',
      }),
      ...mayNot('application-autoscaling:RegisterScalableTarget', target, {
        ...kept,
        'application-autoscaling:scalable-dimension': 'dynamodb:table:ReadCapacityUnits',
      }),
      ...mayNot('application-autoscaling:RegisterScalableTarget', target),
      ...mayNot(
        'application-autoscaling:DeregisterScalableTarget DeleteScalingPolicy PutScalingPolicy',
        target,
      ),
      ...mayNot('secretsmanager:GetSecretValue', [things.redisAuth, things.credentialsOf('ada')]),
      ...logsOfFunction(it, itself),
      ...keysOnlyThrough(it, things, {}),
    ],
  };
}

/** CloudTrail, writing its events into a log group. */
export function theTrailsLog(it: Installation, things: Things): Subject {
  const { properties } = it.one('AWS::CloudTrail::Trail');
  const { account, region } = it.place;
  return {
    who: 'the trail’s log',
    role: it.role(properties['CloudWatchLogsRoleArn']),
    assumedBy: 'cloudtrail.amazonaws.com',
    isInVpc: false,
    rows: writesLog(it, things, {
      group: it.text(properties['CloudWatchLogsLogGroupArn']).replace(/:\*$/, ''),
      stream: `:log-stream:${account}_CloudTrail_${region}`,
    }),
  };
}

/** The VPC's refused connections; of a VPC that exists, whoever made it writes them. */
export function theFlowLog(it: Installation, things: Things): Subject[] {
  return it.all('AWS::EC2::FlowLog').map(({ properties }) => {
    const group = it.arn('logs', `log-group:${it.text(properties['LogGroupName'])}`);
    return {
      who: 'the flow log',
      role: it.role(properties['DeliverLogsPermissionArn']),
      assumedBy: 'vpc-flow-logs.amazonaws.com',
      isInVpc: false,
      rows: [
        ...writesLog(it, things, { group, stream: ':log-stream:eni-0a1b2c3d4e5f60718-reject' }),
        // IAM sees an unnamed stream of the group.
        ...may('logs:DescribeLogStreams', `${group}:log-stream:`),
        ...mayNot('logs:DescribeLogStreams', `${it.arn('logs', 'log-group:/somebody/else')}:log-stream:`),
      ],
    };
  });
}

function writesLog(
  it: Installation,
  things: Things,
  { group, stream }: { group: string; stream: string },
): Row[] {
  return [
    ...may('logs:CreateLogStream PutLogEvents', `${group}${stream}`),
    ...notOtherLogs(it, group, stream),
    ...mayNot('s3:PutObject', `${things.buckets.trail}/AWSLogs/x`),
    ...mayNot('sqs:SendMessage', Object.values(things.queues)),
    ...keysOnlyThrough(it, things, {}),
  ];
}

/** CDK's own function: empties the default security group of the VPC that is made, so that nothing is in it by mistake. */
export function theEmptying(it: Installation, things: Things): Subject[] {
  return it.all('Custom::VpcRestrictDefaultSG').map(({ properties }) => {
    const {
      'Fn::GetAtt': [functionId],
    } = properties['ServiceToken'] as { 'Fn::GetAtt': [string, string] };
    const itself = it.functionOf(functionId);
    const changes =
      'ec2:AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress RevokeSecurityGroupEgress RevokeSecurityGroupIngress';
    return {
      who: 'the emptying of the default security group',
      role: itself.role,
      assumedBy: 'lambda.amazonaws.com',
      calls: { 'lambda:SourceFunctionArn': itself.functionArn! },
      isInVpc: itself.isInVpc,
      rows: [
        ...may(changes, it.arn('ec2', `security-group/${it.text(properties['DefaultSecurityGroupId'])}`)),
        ...mayNot(changes, it.arn('ec2', 'security-group/sg-0a1b2c3d4e5f60718')),
        ...mayNot('sqs:SendMessage', Object.values(things.queues)),
        ...mayNot('secretsmanager:GetSecretValue', [things.redisAuth, things.credentialsOf('ada')]),
        ...logsOfFunction(it, itself),
        ...keysOnlyThrough(it, things, {}),
      ],
    };
  });
}
