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
export const secretLimitExceeded = (message: string) => secretsError('LimitExceededException', message);
export const invalidNextToken = () =>
  secretsError('InvalidNextTokenException', 'The NextToken value is invalid.');
/** What isn't here is refused like a function that nobody may invoke. */
export const cannotInvoke = () =>
  secretsError(
    'AccessDeniedException',
    'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
  );
export const markedForDeletion = () =>
  invalidSecretRequest("You can't perform this operation on the secret because it was marked for deletion.");
/** A value is outside of what the model allows. Never says which value. */
export const secretConstraint = (name: string, constraint: string) =>
  secretsError(
    'ValidationException',
    `1 validation error detected: Value at '${camel(name)}' failed to satisfy constraint: ${constraint}`,
  );
export const missingSecretParameter = (name: string) =>
  secretsError(
    'ValidationException',
    `1 validation error detected: Value null at '${camel(name)}' failed to satisfy constraint: Member must not be null`,
  );

function camel(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
