import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { builtArtefacts } from '../src/artefacts.ts';
import { readContext } from '../src/context.ts';
import { Pipeline } from '../src/pipeline.ts';

const cdkJson = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as {
  context: Record<string, unknown>;
};

/** CDK's own flags, as the CLI gives them to the app. */
export const FLAGS = cdkJson.context;

export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
  DependsOn?: string[];
  DeletionPolicy?: string;
}

export interface Template {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown; Description?: string }>;
}

/** What an API as a service needs to be told. */
export const API_CONTEXT = {
  api: 'service',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab',
  apiTokenSha256: '0'.repeat(64),
};

/** A VPC, queues and a Redis that exist. */
export const EXISTING_CONTEXT = {
  vpcId: 'vpc-0a1b2c3d4e5f60718',
  vpcCidr: '10.0.0.0/16',
  createEndpoints: 'true',
  availabilityZones: 'eu-west-1a,eu-west-1b',
  privateSubnetIds: 'subnet-0a1b2c3d,subnet-1a2b3c4d',
  privateRouteTableIds: 'rtb-0a1b2c3d,rtb-1a2b3c4d',
  rateLimiterQueueArn: 'arn:aws:sqs:eu-west-1:111122223333:limited',
  rateLimiterDlqArn: 'arn:aws:sqs:eu-west-1:111122223333:limited-dead',
  workflowsQueueArn: 'arn:aws:sqs:eu-west-1:111122223333:flows.fifo',
  workflowsDlqArn: 'arn:aws:sqs:eu-west-1:111122223333:flows-dead.fifo',
  queueKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  redisHost: 'master.huntaze.abc123.euw1.cache.amazonaws.com',
  redisSecurityGroupId: 'sg-0a1b2c3d4e5f60718',
  redisAuthSecretArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:huntaze/redis-AbCdEf',
  topicArn: 'arn:aws:sns:eu-west-1:111122223333:alerts',
  existingCreators: 'ada,bea',
  credentialsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/4321abcd-12ab-34cd-56ef-1234567890ab',
};

/** Installations that together have every resource that there can be. */
export const INSTALLATIONS: [name: string, context: Record<string, string>][] = [
  ['prod', {}],
  ['prod with the API', API_CONTEXT],
  [
    'dev, all of it new, the API open to some',
    {
      ...API_CONTEXT,
      stage: 'dev',
      createTopic: 'true',
      apiAllowedCidrs: '203.0.113.0/24',
      creators: 'ada,bea',
    },
  ],
  ['dev with the API', { ...API_CONTEXT, stage: 'dev', redisEngine: 'redis' }],
  ['prod on what exists', EXISTING_CONTEXT],
];

const synthesized = new Map<string, Template>();

/** The template of an installation; each made once. */
export function templateOf(context: Record<string, string> = {}): Template {
  const key = JSON.stringify(context);
  const known = synthesized.get(key);
  if (known) return known;
  const outdir = mkdtempSync(join(tmpdir(), 'huntaze-synth-'));
  const app = new App({ context: { ...FLAGS, ...context }, outdir });
  const told = readContext(app.node.getAllContext() as Record<string, unknown>);
  const stack = new Pipeline(app, `huntaze-${told.stage}`, { context: told, artefacts: builtArtefacts() });
  const template = app.synth().getStackByName(stack.stackName).template as Template;
  rmSync(outdir, { recursive: true });
  synthesized.set(key, template);
  return template;
}

/** The resources of one type, by their logical ids. */
export function resources(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}
