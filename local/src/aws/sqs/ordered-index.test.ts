import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../seeded-random.ts';
import type { Entry } from './number-heap.ts';
import { OrderedIndex } from './ordered-index.ts';

test('whatever is put in, taken out and moved, items come out in order, equal ones first come first served', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), key: fc.nat(50) }),
    fc.record({ do: fc.constant('remove' as const), at: fc.nat() }),
    fc.record({ do: fc.constant('move' as const), at: fc.nat(), key: fc.nat(50) }),
    fc.record({ do: fc.constant('pop' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 600 }), steps => {
      const index = new OrderedIndex<number>();
      /** What is in, sorted; a sort keeps equal ones as they stand. */
      let model: { item: number; key: number }[] = [];
      const entries = new Map<number, Entry<number>>();
      const put = (item: number, key: number) => {
        index.remove(entries.get(item));
        entries.set(item, index.put(item, key));
        model = [...model.filter(entry => entry.item !== item), { item, key }].sort((a, b) => a.key - b.key);
      };
      for (const [item, it] of steps.entries()) {
        const other = 'at' in it ? model[it.at % Math.max(1, model.length)]?.item : undefined;
        if (it.do === 'push') put(item, it.key);
        else if (it.do === 'pop') expect(index.pop()).toBe(model.shift()?.item);
        else if (it.do === 'move' && other !== undefined) put(other, it.key);
        else if (other !== undefined) {
          for (const entry of [entries.get(other), entries.get(other), undefined]) index.remove(entry);
          model = model.filter(entry => entry.item !== other);
        }
        expect([index.size, index.first()?.item, index.firstKey()]).toEqual([
          model.length,
          model[0]?.item,
          model[0]?.key,
        ]);
      }
      expect(Array.from({ length: index.size }, () => index.pop())).toEqual(model.map(({ item }) => item));
    }),
  );
});

test('any one item that suits is found among few, and soon among many, be most of the others gone', () => {
  const draw = (below: number) => Math.floor(random.next() * below);
  const random = new SeededRandom(1);
  const few = new OrderedIndex<number>();
  expect(few.sample(draw, () => true)).toBeUndefined();
  const entries = Array.from({ length: 100 }, (_, item) => few.put(item, (item * 37) % 100));
  const seen = new Set(Array.from({ length: 2_000 }, () => few.sample(draw, () => true)));
  expect(seen.size).toBe(100);
  for (const entry of entries) if (entry.item !== 42) few.remove(entry);
  expect(few.sample(draw, () => true)).toBe(42);
  expect(few.sample(draw, item => item !== 42)).toBeUndefined();

  const many = new OrderedIndex<number>();
  const all = Array.from({ length: 100_000 }, (_, item) => many.put(item, item));
  for (const { item } of all) if (item % 2 === 0) many.remove(all[item]);
  let looks = 0;
  for (let times = 0; times < 100; times += 1)
    expect((many.sample(draw, item => ++looks > 0 && item > 20_000) ?? 0) % 2).toBe(1);
  expect(looks).toBeLessThan(500);
  expect(many.sample(draw, () => ++looks < 0)).toBeUndefined();
  expect(looks).toBeLessThan(700);
});
