import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  UpdateSecretVersionStageCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

/**
 * A rotation function as AWS's template has it: the new value is the old one with `+` behind it. Whoever runs
 * the suite against AWS deploys one that does the same and names it in CONFORMANCE_ROTATION_FUNCTION.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */
export async function rotateSecret(
  secrets: SecretsManagerClient,
  event: { Step: string; SecretId: string; ClientRequestToken: string },
): Promise<void> {
  const { SecretId, ClientRequestToken } = event;
  const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId }));
  if (VersionIdsToStages[ClientRequestToken]?.includes('AWSPENDING') !== true)
    throw new Error('the version to be made is not pending');
  const pending = new GetSecretValueCommand({
    SecretId,
    VersionId: ClientRequestToken,
    VersionStage: 'AWSPENDING',
  });
  switch (event.Step) {
    case 'createSecret': {
      const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
      const isMade = await secrets.send(pending).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ResourceNotFoundException) return false;
          throw error;
        },
      );
      if (isMade) return;
      await secrets.send(
        new PutSecretValueCommand({
          SecretId,
          ClientRequestToken,
          SecretString: `${SecretString}+`,
          VersionStages: ['AWSPENDING'],
        }),
      );
      return;
    }
    case 'finishSecret': {
      const current = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT'));
      await secrets.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: ClientRequestToken,
          RemoveFromVersionId: current?.[0],
        }),
      );
      return;
    }
    default: // There is nobody else to be told of the new value, and nothing to try it on.
  }
}
