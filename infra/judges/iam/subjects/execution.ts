import type { Installation } from '../installation.ts';
import { may, mayNot, type Subject } from '../rows.ts';
import type { Things } from '../things.ts';
import { keysOnlyThrough, notOtherLogs } from './common.ts';

/** What ECS does before a container runs, and around it: fetches its image and writes its log. */
export function theExecutionOf(it: Installation, things: Things, container: string): Subject {
  const { execution, repositoryArn } = it.task(container);
  const stream = `:log-stream:${container}/${container}/a1b2c3d4e5f60718a1b2c3d4e5f60718`;
  const fetched = 'ecr:BatchCheckLayerAvailability BatchGetImage GetDownloadUrlForLayer';
  return {
    who: `ECS for the ${container}`,
    role: execution.role,
    assumedBy: 'ecs-tasks.amazonaws.com',
    isInVpc: execution.isInVpc,
    rows: [
      ...may('ecr:GetAuthorizationToken', '*'),
      ...may(fetched, repositoryArn),
      ...mayNot(fetched, it.arn('ecr', 'repository/somebody-else')),
      ...mayNot('ecr:PutImage BatchDeleteImage SetRepositoryPolicy', repositoryArn),
      ...may('logs:CreateLogStream PutLogEvents', `${execution.logGroupArn}${stream}`),
      ...notOtherLogs(it, execution.logGroupArn, stream),
      // No secret is among a container's variables.
      ...mayNot('secretsmanager:GetSecretValue', [things.redisAuth, things.credentialsOf('ada')]),
      ...mayNot('s3:GetObject PutObject', `${things.buckets.results}/results/ada/1.json`),
      ...mayNot('sqs:SendMessage ReceiveMessage', Object.values(things.queues)),
      ...keysOnlyThrough(it, things, {}),
    ],
  };
}
