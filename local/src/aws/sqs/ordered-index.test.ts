import * as fc from 'fast-check';
import { expect, test } from 'vitest';
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
