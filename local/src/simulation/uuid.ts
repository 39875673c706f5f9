import type { SeededRandom } from '../seeded-random.ts';

/** A UUID of the seed's making. */
export function uuid(random: SeededRandom): string {
  const eight = () =>
    random
      .integer(0, 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c] = [eight(), eight(), eight()];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${eight()}`;
}
