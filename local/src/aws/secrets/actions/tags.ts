import type { Input } from '../../input.ts';
import type { Action } from '../context.ts';
import { invalidSecretParameter, invalidSecretRequest, secretLimitExceeded } from '../errors.ts';

const MAX_TAGS = 50;

export const tagResource: Action = ({ store }, input, now) => {
  const secret = store.findInUse(input.requiredString('SecretId'), now);
  const tags = new Map([...secret.tags, ...readTags(input)]);
  if (tags.size > MAX_TAGS) throw secretLimitExceeded(`A secret can have at most ${MAX_TAGS} tags.`);
  store.keep({ ...secret, tags, changedAt: now });
  return {};
};

export const untagResource: Action = ({ store }, input, now) => {
  const secret = store.findInUse(input.requiredString('SecretId'), now);
  const keys = input.strings('TagKeys');
  const tags = new Map([...secret.tags].filter(([key]) => !keys.includes(key)));
  store.keep({ ...secret, tags, changedAt: now });
  return {};
};

/** The tags that a request gives. @throws InvalidParameterException */
export function readTags(input: Input): Map<string, string> {
  const tags = input
    .structures('Tags')
    .map((tag): [string, string] => [tag.requiredString('Key'), tag.string('Value') ?? '']);
  for (const [key, value] of tags) {
    if (key.length > 128 || value.length > 256)
      throw invalidSecretParameter('A tag can have a key of 128 and a value of 256 characters at most.');
    if (key.toLowerCase().startsWith('aws:'))
      throw invalidSecretParameter('A tag key must not begin with aws:.');
  }
  if (tags.length > MAX_TAGS) throw invalidSecretParameter(`There can be at most ${MAX_TAGS} tags.`);
  return new Map(tags);
}

/** There is one region here, and no partner whose secrets are managed. @throws InvalidRequestException */
export function refuseReplicas(input: Input): void {
  if (input.structures('AddReplicaRegions').length > 0)
    throw invalidSecretRequest('Replication to other regions is not supported here.');
  if (input.string('Type') !== undefined)
    throw invalidSecretRequest('Managed external secrets are not supported here.');
}
