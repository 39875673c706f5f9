const ORDINALS = 'first second third fourth fifth sixth seventh eighth ninth tenth'.split(' ');
const NUMBERS = 'one two three four five six seven eight nine ten'.split(' ');

/** A place as people say it: "first", "tenth", then "11th", "22nd". */
export function ordinal(n: number): string {
  const word = ORDINALS[n - 1];
  if (word) return word;
  const isTeen = Math.floor(n / 10) % 10 === 1;
  return `${n}${(!isTeen && ['th', 'st', 'nd', 'rd'][n % 10]) || 'th'}`;
}

/** Which of how many: "third of five", "11th of 25", "the only one". */
export function placeOf(n: number, of: number): string {
  return of === 1 ? 'the only one' : `${ordinal(n)} of ${NUMBERS[of - 1] ?? of}`;
}
