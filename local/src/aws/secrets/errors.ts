import { AwsError } from '../aws-error.ts';

const secretsError = (code: string, message: string) => new AwsError({ shape: code, code, message });

export const secretNotFound = () =>
  secretsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
export const versionNotFound = (which: string) =>
  secretsError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${which}`,
  );
export const secretExists = (message: string) => secretsError('ResourceExistsException', message);
export const invalidSecretParameter = (message: string) => secretsError('InvalidParameterException', message);
export const invalidSecretRequest = (message: string) => secretsError('InvalidRequestException', message);
export const missingSecretParameter = (name: string) =>
  secretsError('ValidationException', `1 validation error detected: '${name}' must not be null or empty`);
