import { invalidSecretParameter } from './errors.ts';

/** A whole number from 0 up to `limit`, that not included. */
export type RandomInt = (limit: number) => number;

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPERCASE = LOWERCASE.toUpperCase();
const NUMBERS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const DEFAULT_LENGTH = 32;
const MAX_LENGTH = 4_096;

/** As GetRandomPassword takes them. */
export interface PasswordRules {
  length?: number | undefined;
  excludedCharacters?: string | undefined;
  excludeNumbers?: boolean | undefined;
  excludePunctuation?: boolean | undefined;
  excludeUppercase?: boolean | undefined;
  excludeLowercase?: boolean | undefined;
  includeSpace?: boolean | undefined;
  /** At least one character of each type that is left; true unless it is said otherwise. */
  requireEachType?: boolean | undefined;
}

/**
 * A password by these rules. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
 * @throws InvalidParameterException if there can be none
 */
export function randomPassword(rules: PasswordRules, randomInt: RandomInt): string {
  const { length = DEFAULT_LENGTH, excludedCharacters = '' } = rules;
  if (length < 1 || length > MAX_LENGTH)
    throw invalidSecretParameter(`The PasswordLength must be from 1 to ${MAX_LENGTH}.`);
  if (excludedCharacters.length > MAX_LENGTH)
    throw invalidSecretParameter(`ExcludeCharacters can have at most ${MAX_LENGTH} characters.`);
  const types = [
    ...(rules.excludeLowercase === true ? [] : [LOWERCASE]),
    ...(rules.excludeUppercase === true ? [] : [UPPERCASE]),
    ...(rules.excludeNumbers === true ? [] : [NUMBERS]),
    ...(rules.excludePunctuation === true ? [] : [PUNCTUATION]),
    ...(rules.includeSpace === true ? [' '] : []),
  ].map(type => type.split('').filter(character => !excludedCharacters.includes(character)));
  const left = types.filter(type => type.length > 0);
  if (left.length === 0)
    throw invalidSecretParameter('You must leave at least one character for the password.');
  const required = rules.requireEachType === false ? [] : left;
  if (required.length > length)
    throw invalidSecretParameter('Password length is too short based on the required types.');
  const all = left.flat();
  const pick = (characters: string[]) => characters[randomInt(characters.length)] ?? '';
  const characters = Array.from({ length }, (_, index) => pick(required[index] ?? all));
  return shuffle(characters, randomInt).join('');
}

/** Fisher and Yates. */
function shuffle(items: string[], randomInt: RandomInt): string[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    const item = shuffled[last] ?? '';
    shuffled[last] = shuffled[other] ?? '';
    shuffled[other] = item;
  }
  return shuffled;
}
