import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { IndexedHeap } from './indexed-heap.ts';

interface Item {
  key: number;
}

test('whatever is pushed, removed and reordered, items come out in order', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), key: fc.nat(50) }),
    fc.record({ do: fc.constant('remove' as const), at: fc.nat() }),
    fc.record({ do: fc.constant('reorder' as const), at: fc.nat(), key: fc.nat(50) }),
    fc.record({ do: fc.constant('pop' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const heap = new IndexedHeap<Item>((a, b) => a.key < b.key);
      const model: Item[] = [];
      for (const it of steps) {
        if (it.do === 'push') {
          const item = { key: it.key };
          heap.push(item);
          model.push(item);
        } else if (it.do === 'pop') {
          const item = heap.pop();
          expect(item?.key).toBe(model.length === 0 ? undefined : Math.min(...model.map(({ key }) => key)));
          if (item !== undefined) model.splice(model.indexOf(item), 1);
        } else {
          const item = model[it.at % Math.max(1, model.length)];
          if (item === undefined) continue;
          if (it.do === 'remove') {
            expect(heap.remove(item)).toBe(true);
            model.splice(model.indexOf(item), 1);
          } else {
            item.key = it.key;
            heap.reorder(item);
          }
        }
      }
      expect(heap.size).toBe(model.length);
      const rest = Array.from({ length: heap.size }, () => heap.pop()?.key);
      expect(rest).toEqual(model.map(({ key }) => key).sort((a, b) => a - b));
    }),
  );
});
