import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The clients' packages, and what IAM calls their services. */
const SERVICES: Record<string, string> = {
  'application-auto-scaling': 'application-autoscaling',
  cloudwatch: 'cloudwatch',
  ecs: 'ecs',
  elasticache: 'elasticache',
  kms: 'kms',
  s3: 's3',
  'secrets-manager': 'secretsmanager',
  sqs: 'sqs',
};

/** The actions that calls are where they aren't of the same name. */
const ACTIONS: Record<string, string[]> = {
  // Only versions are deleted by it here, and "you must always have" the other one, too.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
  's3:DeleteObjects': ['s3:DeleteObject', 's3:DeleteObjectVersion'],
  's3:HeadObject': ['s3:GetObject'],
  's3:ListObjectVersions': ['s3:ListBucketVersions'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  'sqs:ChangeMessageVisibilityBatch': ['sqs:ChangeMessageVisibility'],
  'sqs:DeleteMessageBatch': ['sqs:DeleteMessage'],
  'sqs:SendMessageBatch': ['sqs:SendMessage'],
};

/**
 * What code in these folders may ask of AWS: the actions behind every command of a client that it imports.
 * @throws for a client that isn't known here
 */
export function actionsIn(folders: string[]): string[] {
  const files = folders.flatMap(folder =>
    globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT, exclude: name => name.includes('node_modules') }),
  );
  const sources = files.filter(file => !/(\.test|\.long)\.tsx?$|\/test-[^/]+$/.test(file));
  return [...new Set(sources.flatMap(file => actionsOf(readFileSync(`${ROOT}${file}`, 'utf8'))))].sort();
}

function actionsOf(source: string): string[] {
  const imports = source.matchAll(/import\s*\{([^}]*)\}\s*from '@aws-sdk\/client-([a-z0-9-]+)'/g);
  return [...imports].flatMap(([, names = '', client = '']) => {
    const service = SERVICES[client];
    if (service === undefined) throw new Error(`@aws-sdk/client-${client}: whose actions are its commands?`);
    return [...names.matchAll(/\b([A-Z]\w+)Command\b/g)].flatMap(([, name]) => {
      const action = `${service}:${name}`;
      return ACTIONS[action] ?? action;
    });
  });
}
