import type { Input } from '../input.ts';
import { invalidSecretParameter, secretConstraint } from './errors.ts';
import type { Secret } from './secret.ts';

const MAX_FILTERS = 10;
const MAX_VALUES = 10;
/** Characters. */
const MAX_VALUE = 512;

/** Whether a secret matches one value of a filter, by the filter's key. */
const MATCHES: Readonly<Record<string, (secret: Secret, value: string) => boolean>> = {
  name: ({ name }, value) => name.startsWith(value),
  description: ({ description }, value) => startsAny(description ?? '', value),
  'tag-key': ({ tags }, value) => [...tags.keys()].some(key => key.startsWith(value)),
  'tag-value': ({ tags }, value) => [...tags.values()].some(tag => tag.startsWith(value)),
  'primary-region': ({ arn }, value) => (arn.split(':')[3] ?? '').startsWith(value),
  'owning-service': () => false,
  all: ({ name, description, tags }, value) => {
    const text = [name, description ?? '', ...tags.keys(), ...tags.values()].join(' ').toLowerCase();
    return value
      .toLowerCase()
      .split(/\s+/)
      .every(word => text.includes(word));
  },
};

/**
 * The filters of a request: all of them must match, each by any of its values; `!` before a value turns it
 * round. Undefined if there are none. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html
 * @throws InvalidParameterException
 */
export function readFilters(input: Input): ((secret: Secret) => boolean) | undefined {
  const filters = input.structures('Filters').map(filter => {
    const key = filter.requiredString('Key');
    const values = filter.strings('Values');
    const matches = Object.hasOwn(MATCHES, key) ? MATCHES[key] : undefined;
    if (matches === undefined) throw invalidSecretParameter(`Invalid filter key: ${key}`);
    if (values.length === 0 || values.length > MAX_VALUES)
      throw invalidSecretParameter(`A filter must have 1 to ${MAX_VALUES} values.`);
    if (values.some(value => value.length > MAX_VALUE))
      throw secretConstraint('Filters', `Member must have length less than or equal to ${MAX_VALUE}`);
    return (secret: Secret) =>
      values.some(value =>
        value.startsWith('!') ? !matches(secret, value.slice(1)) : matches(secret, value),
      );
  });
  if (filters.length > MAX_FILTERS)
    throw invalidSecretParameter(`There can be at most ${MAX_FILTERS} filters.`);
  return filters.length === 0 ? undefined : secret => filters.every(filter => filter(secret));
}

function startsAny(text: string, prefix: string): boolean {
  return text.toLowerCase().startsWith(prefix.toLowerCase());
}
