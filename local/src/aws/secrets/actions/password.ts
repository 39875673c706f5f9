import type { Action } from '../context.ts';
import { randomPassword } from '../password.ts';

export const getRandomPassword: Action = ({ randomInt }, input) => ({
  RandomPassword: randomPassword(
    {
      length: input.integer('PasswordLength'),
      excludedCharacters: input.string('ExcludeCharacters'),
      excludeNumbers: input.boolean('ExcludeNumbers'),
      excludePunctuation: input.boolean('ExcludePunctuation'),
      excludeUppercase: input.boolean('ExcludeUppercase'),
      excludeLowercase: input.boolean('ExcludeLowercase'),
      includeSpace: input.boolean('IncludeSpace'),
      requireEachType: input.boolean('RequireEachIncludedType'),
    },
    randomInt,
  ),
});
