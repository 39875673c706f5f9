import { beforeEach, expect, test } from 'vitest';
import { followChanges, type Change, type Link, type Source } from './changes.ts';

class FakeSource implements Source {
  readyState = 0;
  listeners = new Map<string, (event: MessageEvent<string>) => void>();
  addEventListener(name: string, listen: (event: MessageEvent<string>) => void) {
    this.listeners.set(name, listen);
  }
  close() {
    this.readyState = 2;
  }
  opens() {
    this.readyState = 1;
    this.tells('open');
  }
  /** `isOver`: the browser doesn't try again by itself. */
  fails(isOver: boolean) {
    this.readyState = isOver ? 2 : 0;
    this.tells('error');
  }
  tells(name: string, data = '{}') {
    this.listeners.get(name)?.({ data } as MessageEvent<string>);
  }
}

let now: number;
let sources: FakeSource[];
let timers: { ms: number; go: () => void }[];
let batches: Change[][];
let links: Link[];
beforeEach(() => {
  now = 1_000;
  [sources, timers, batches, links] = [[], [], [], []];
});
function follow() {
  return followChanges({
    open: () => {
      sources.push(new FakeSource());
      return sources.at(-1)!;
    },
    now: () => now,
    later: (ms, go) => {
      const timer = { ms, go };
      timers.push(timer);
      return () => void (timers = timers.filter(other => other !== timer));
    },
    random: () => 1,
    onChanges: batch => batches.push(batch),
    onLink: link => links.push(link),
  });
}
const fire = () => timers.splice(0).forEach(({ go }) => go());

test('changes come in batches', () => {
  follow();
  sources[0]!.opens();
  sources[0]!.tells('operation', '{"operation_id":"op-1"}');
  sources[0]!.tells('operation', 'not JSON');
  sources[0]!.tells('creator', '{"creator_id":"ada"}');
  expect(batches).toEqual([]);
  fire();
  expect(batches).toEqual([
    [
      { is: 'operation', operation: { operation_id: 'op-1' } },
      { is: 'creator', creatorId: 'ada' },
    ],
  ]);
});

test('a flood is one reading anew', () => {
  follow();
  for (let i = 0; i < 10_000; i += 1) sources[0]!.tells('line');
  fire();
  expect(batches).toEqual([[{ is: 'reset' }]]);
});

test('what the browser takes up again needs nothing from us, and says since when it was silent', () => {
  follow();
  sources[0]!.opens();
  now = 5_000;
  sources[0]!.fails(false);
  now = 6_000;
  sources[0]!.fails(false);
  sources[0]!.opens();
  expect(links).toEqual([
    { is: 'live' },
    { is: 'reconnecting', since: 5_000 },
    { is: 'reconnecting', since: 5_000 },
    { is: 'live' },
  ]);
  expect([sources.length, timers.length]).toEqual([1, 0]);
});

test('once it has given up we try again, ever later, half a minute at most, and read everything anew', () => {
  follow();
  const waits: number[] = [];
  for (let i = 0; i < 7; i += 1) {
    sources.at(-1)!.fails(true);
    waits.push(...timers.map(({ ms }) => ms));
    fire();
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  sources.at(-1)!.opens();
  fire();
  expect(batches).toEqual([[{ is: 'reset' }]]);
  sources.at(-1)!.fails(true);
  expect(timers.map(({ ms }) => ms)).toEqual([1_000]);
});

test('closed, nothing is left', () => {
  const close = follow();
  sources[0]!.tells('line');
  sources[0]!.fails(true);
  close();
  expect([timers, sources[0]!.readyState]).toEqual([[], 2]);
});
