import { STRANGER, type Installation } from './installation.ts';
import { EVERYTHING, ordinary } from './judge.ts';
import type { Policy } from './policies.ts';
import type { Row, Subject } from './rows.ts';
import { ask, type Answer } from './simulate.ts';
import type { Things } from './things.ts';

/** The VPC endpoints of an installation: the service's name there, and the policy. */
export function endpointsOf(it: Installation): { service: string; policy: Policy }[] {
  return it.all('AWS::EC2::VPCEndpoint').map(({ properties }) => ({
    service: it.text(properties['ServiceName']).replace(`com.amazonaws.${it.place.region}.`, ''),
    policy: it.policy(properties['PolicyDocument']),
  }));
}

/** The policy that a row's calls meet on their way, if any: not where AWS makes them itself for somebody. */
export function endpointOf(it: Installation, { isInVpc }: Subject, row: Row): Policy | undefined {
  if (!isInVpc || row.byAws || 'kms:ViaService' in row.context) return undefined;
  const [service = ''] = row.actions[0]!.split(':');
  const named = service === 'ecr' ? 'ecr.api' : service;
  return endpointsOf(it).find(endpoint => endpoint.service === named)?.policy;
}

/** A call, by whomever. */
interface Call {
  /** The maker's account. */
  by: string;
  action: string;
  resource: string;
  owner: string;
}

/**
 * What an endpoint must not let out of the VPC: anything that is done with another account's keys, also to what is
 * theirs; and where the VPC is ours alone, what is done to anybody else's queues, secrets and buckets.
 */
export function stoppedBy(it: Installation, { buckets }: Things, service: string): Call[] {
  const { account, partition } = it.place;
  const bucket = (name: string) => `arn:${partition}:s3:::${name}`;
  const calls: Record<string, [action: string, (of: string) => string]> = {
    sqs: ['sqs:SendMessage', of => it.arn('sqs', 'theirs', of)],
    secretsmanager: ['secretsmanager:GetSecretValue', of => it.arn('secretsmanager', 'secret:x-AbCdEf', of)],
    s3: ['s3:PutObject', () => `${bucket('theirs')}/x`],
    kms: ['kms:Decrypt', of => it.arn('kms', 'key/1234abcd-12ab-34cd-56ef-1234567890ab', of)],
    logs: ['logs:PutLogEvents', of => it.arn('logs', 'log-group:theirs:log-stream:x', of)],
    elasticache: [
      'elasticache:ModifyReplicationGroup',
      of => it.arn('elasticache', 'replicationgroup:x', of),
    ],
    'ecr.api': ['ecr:BatchGetImage', of => it.arn('ecr', 'repository/x', of)],
    'ecr.dkr': ['ecr:BatchGetImage', of => it.arn('ecr', 'repository/x', of)],
  };
  const [action, resourceOf] = calls[service]!;
  const isOurs = it.all('AWS::EC2::VPC').length > 0;
  const isNarrow = isOurs && ['sqs', 'secretsmanager', 's3'].includes(service);
  return [
    { by: STRANGER, action, resource: resourceOf(STRANGER), owner: STRANGER },
    { by: STRANGER, action, resource: resourceOf(account), owner: account },
    ...(isNarrow
      ? [account, STRANGER].map(owner => ({ by: account, action, resource: resourceOf(owner), owner }))
      : []),
    ...(service === 's3'
      ? [
          ...(isOurs
            ? [{ by: account, action: 's3:GetObject', resource: `${buckets.trail}/x`, owner: account }]
            : []),
          { by: STRANGER, action: 's3:PutObject', resource: `${layersOf(it)}/x`, owner: STRANGER },
        ]
      : []),
  ];
}

const layersOf = (it: Installation) =>
  `arn:${it.place.partition}:s3:::prod-${it.place.region}-starport-layer-bucket`;

/**
 * ECR keeps the layers of images in a bucket of its own: whoever fetches one shows ECR's signature.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-setting-up-s3-gateway
 */
export function fetchingALayer(it: Installation): Call {
  return { by: STRANGER, action: 's3:GetObject', resource: `${layersOf(it)}/x`, owner: STRANGER };
}

/** What becomes of a call by somebody who may make it, and whom the resource lets in, on the way through an endpoint. */
export async function become(
  it: Installation,
  { by, action, resource, owner }: Call,
  endpointPolicy?: Policy,
): Promise<Answer['result']> {
  const answer = await ask({
    principal: it.roleArn('administrator', by),
    policies: [EVERYTHING],
    action,
    resource,
    owner,
    context: { ...ordinary(it, action), 'aws:PrincipalAccount': by },
    resourcePolicy: {
      ...EVERYTHING,
      Statement: EVERYTHING.Statement.map(statement => ({ ...statement, Principal: '*' })),
    },
    endpointPolicy,
  });
  return answer.result;
}
