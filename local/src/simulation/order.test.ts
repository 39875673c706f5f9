import { expect, test } from 'vitest';
import { doneAfterTheEnd, effectsTooMany, invertedAtSite, invertedInQueue } from './order.ts';
import type { Passage, SimulatedSiteLogEntry } from './scenario.ts';

const passage = (operationId: string, endedAtMs?: number): Passage => ({
  operationId,
  request: { kind: 'profile.scrape', creator_id: operationId.slice(0, 1), params: {} },
  acceptedAtMs: 0,
  forwardedAtMs: 0,
  forwards: 1,
  receives: 1,
  state: endedAtMs === undefined ? undefined : 'succeeded',
  endedAtMs,
  result: undefined,
});
const accepted = ['a1', 'a2', 'b1'].map(id => passage(id));
/** "a1" is answered, "a1!" is not, "a1*" is an effect; one a second. */
const logOf = (line: string): SimulatedSiteLogEntry[] =>
  line.split(' ').map((said, i) => ({
    at_ms: i * 1_000,
    account: said.slice(0, 1),
    method: said.endsWith('*') ? 'POST' : 'GET',
    path: '/my/profile',
    status: said.endsWith('!') ? 502 : 200,
    operationId: said.slice(0, 2),
    ...(said.endsWith('*') && { effect: 'message' }),
  }));

test.each([
  ['a1 a2 b1', 0],
  ['b1 a1 a2', 0],
  ['a2 a1', 1],
  // The second began before the first was through, though the first was tried before it.
  ['a1! a2 a1', 1],
  ['a1! a1! a2', 0],
  // What is looked at again after its success was through by then.
  ['a1 a2 a1', 0],
])('at the site: %s has %i out of order', (line, count) => {
  expect(invertedAtSite(accepted, logOf(line))).toBe(count);
});

test('in the workflows queue the first of each counts', () => {
  const inQueue = (...ids: string[]) =>
    invertedInQueue(
      accepted,
      ids.map(operationId => ({ operationId })),
    );
  expect(inQueue('a1', 'b1', 'a2', 'a1')).toBe(0);
  expect(inQueue('a2', 'b1', 'a1')).toBe(1);
  expect(inQueue('a2')).toBe(0);
});

test('an effect is one too many from the second on, a navigation after its end', () => {
  const log = logOf('a1 a1* a2 a1 a1* a2*');
  expect(effectsTooMany(log)).toBe(1);
  expect(doneAfterTheEnd([passage('a1', 2_500), passage('a2')], log, 0)).toBe(1);
});
