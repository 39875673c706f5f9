import { StartError } from '../supervisor/errors.ts';

/**
 * The number that an option of a command line was given.
 * @throws StartError with one line that says what it has to be
 */
export function numberOf(
  name: string,
  text: string,
  bounds: { most: number; whole?: boolean; orZero?: boolean },
): number {
  const { most, whole = false, orZero = false } = bounds;
  const value = Number(text);
  const isBelow = orZero ? value < 0 : value <= 0;
  if (!/^\d+(\.\d+)?$/.test(text) || isBelow || value > most || (whole && !Number.isInteger(value)))
    throw new StartError(
      `${name} must be a ${whole ? 'whole ' : ''}number ${orZero ? 'from' : 'above'} 0 ${orZero ? 'to' : 'and up to'} ${most}, not "${text}"`,
    );
  return value;
}
