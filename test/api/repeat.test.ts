import { readAudit } from '@huntaze/api/audit/audit';
import { deadLetterEndpoints } from '@huntaze/api/dead-letters/endpoints';
import { repeatEndpoints } from '@huntaze/api/operations/repeat-endpoints';
import {
  accept,
  cancel,
  drain,
  endAttempt,
  readOperation,
  resume,
  startAttempt,
  type AttemptEnd,
} from '@huntaze/core/lua';
import { ATTRIBUTES, QUEUES } from '@huntaze/core/names';
import type { OperationRequest } from '@huntaze/core/operations';
import { describe, expect, test } from 'vitest';
import { NOW, useApi } from '../support/api.ts';

const it = useApi();
const { again, resolveOne } = repeatEndpoints(() => it.api);
const { redrive } = deadLetterEndpoints(() => it.api);
const SCRAPER = QUEUES.workflowsDeadLetters;
const SEND: OperationRequest = {
  kind: 'message.send',
  creator_id: 'ada',
  params: { fan_id: 'fan-1', text: 'hello' },
};

/** An operation of ada's that has ended, as the scraper leaves it. */
async function ended(
  id: string,
  state: AttemptEnd['state'],
  request: OperationRequest | null = SEND,
): Promise<void> {
  const ids = { operationId: id, creatorId: 'ada', kind: 'message.send', line: 'platform' };
  await accept(it.redis.client, it.api.limit, ids);
  await startAttempt(it.redis.client, ids);
  const error = state === 'succeeded' ? {} : { error: 'why it ended' };
  await it.keepResult('ada', id, {
    status: state,
    kind: 'message.send',
    site: { navigations: [] },
    ...error,
    ...(request && { request }),
  });
  await endAttempt(it.redis.client, { operationId: id, state, ...error });
}
const retry = (id: string, as = 'ada', body = {}) => it.ask(again, as, { params: { id }, body });
const say = (id: string, body: Record<string, unknown>, as = 'boss') =>
  it.ask(resolveOne, as, { params: { id }, body });
const sent = () => it.taken(QUEUES.rateLimiter);
const known = (id: string) => readOperation(it.redis.client, it.api.limit, id);
const failing = (service: 'sqs' | 's3', action: string, calls?: number[]) =>
  it.aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service, action, ...(calls && { calls }) }] });
const gone = (json: Record<string, unknown>) => json['detail'];

describe('asking again', () => {
  test('for what has failed makes a new operation with what was asked for; two clicks are one', async () => {
    await ended('op-1', 'failed');
    const [one, other] = await Promise.all([retry('op-1'), retry('op-1', 'boss')]);
    expect([one.status, other.status]).toEqual([202, 202]);
    const id = one.json['operation_id'];
    expect(other.json['operation_id']).toBe(id);
    expect(one.json).toMatchObject({
      state: 'pending',
      position: 1,
      expected_at: expect.any(String) as string,
    });
    expect(one.headers.get('location')).toBe(`/api/onlyfans/operations/${String(id)}`);
    const messages = await sent();
    expect(messages[0]).toMatchObject({ ...SEND, operation_id: id });
    expect(new Set(messages.map(message => message['operation_id']))).toEqual(new Set([id]));
    // And a third, much later.
    await it.redis.client.eval(FORGET_KEYS, 0);
    expect((await retry('op-1')).json['operation_id']).toBe(id);
    expect(await sent()).toEqual([]);
    expect((await readAudit(it.api, '2027-01-15'))[0]).toMatchObject({
      action: 'operation.retry',
      on: 'operation op-1 of creator ada',
      before: { state: 'failed', error: 'why it ended' },
      after: { operation_id: id },
    });
  });

  test('once more, if the new one was cancelled', async () => {
    await ended('op-1', 'failed');
    const first = String((await retry('op-1')).json['operation_id']);
    await cancel(it.redis.client, first, 'not yet');
    const second = String((await retry('op-1')).json['operation_id']);
    expect(second).not.toBe(first);
    expect((await retry('op-1')).json['operation_id']).toBe(second);
  });

  test('for what is dead is as if its letter had been redriven', async () => {
    await ended('op-1', 'dead');
    await letter('op-1');
    await letter('op-1');
    await letter('op-2');
    const { json } = await retry('op-1', 'ada', { dry_run: true });
    expect(json).toEqual({
      effect: ['message.send of ada is asked for again, as a new operation, and its dead letter deleted'],
    });
    const { status } = await retry('op-1');
    expect(status).toBe(202);
    expect(await sent()).toHaveLength(1);
    expect(await it.counts(SCRAPER)).toEqual([1, 0]);
  });

  test('a letter that was out of reach meanwhile is only deleted when it is redriven', async () => {
    await ended('op-1', 'dead');
    await letter('op-1');
    const held = it.anotherBox().hold(async hands => {
      await hands.more();
      return retry('op-1');
    });
    const { json } = await held;
    await it.redis.client.eval(FORGET_KEYS, 0);
    const redriven = await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    expect(redriven.json['done']).toMatchObject([{ operation_id: json['operation_id'] }]);
    expect(await sent()).toHaveLength(1);
  });

  test('asked only what it would do, it does nothing', async () => {
    await ended('op-1', 'failed');
    expect((await retry('op-1', 'ada', { dry_run: true })).json).toEqual({
      effect: ['message.send of ada is asked for again, as a new operation'],
    });
    expect(await sent()).toEqual([]);
    expect(await readAudit(it.api, '2027-01-15')).toEqual([]);
  });

  test('for anything else is refused in plain words', async () => {
    const ids = { operationId: 'op-1', creatorId: 'ada', kind: 'message.send', line: 'platform' };
    await accept(it.redis.client, it.api.limit, ids);
    const why = async (id = 'op-1') => {
      const { status, json } = await retry(id);
      return [status, json['detail']];
    };
    expect(await why()).toEqual([409, 'it is on its way: there is nothing to ask for again']);
    await startAttempt(it.redis.client, ids);
    expect(await why()).toEqual([409, 'it is running: wait for its end']);
    await endAttempt(it.redis.client, { operationId: 'op-1', state: 'succeeded' });
    expect(await why()).toEqual([409, 'it has succeeded: there is nothing to ask for again']);
    await accept(it.redis.client, it.api.limit, { ...ids, operationId: 'op-2' });
    await cancel(it.redis.client, 'op-2', 'no');
    expect(await why('op-2')).toEqual([
      409,
      'it was cancelled, and what was asked for is kept nowhere: ask for it anew',
    ]);
    await ended('op-3', 'outcome_unknown');
    expect(await why('op-3')).toEqual([409, expect.stringContaining('nobody knows whether it took effect')]);
    await ended('op-4', 'failed', null);
    expect(await why('op-4')).toEqual([409, 'what was asked for can’t be read: ask for it anew']);
    await ended('op-5', 'failed', { ...SEND, not_after: '2026-01-01T00:00:00Z' });
    expect(await why('op-5')).toEqual([
      409,
      'it was not worth doing after 2026-01-01T00:00:00Z: ask for it anew',
    ]);
    const of6 = { ...ids, operationId: 'op-6' };
    await accept(it.redis.client, it.api.limit, of6);
    await endAttempt(it.redis.client, { operationId: 'op-6', state: 'failed' });
    expect(await why('op-6')).toEqual([
      409,
      'its result is gone, and with it what was asked for: ask for it anew',
    ]);
    expect(await sent()).toEqual([]);
  });

  test('of another’s creator there is nothing, and a viewer may not', async () => {
    await ended('op-1', 'failed');
    expect((await retry('op-1', 'bea')).status).toBe(404);
    expect((await retry('op-1', 'viewer')).status).toBe(403);
    expect((await retry('no such', 'boss')).status).toBe(404);
    expect((await retry('../op-1', 'boss')).status).toBe(404);
    expect((await retry('op-1', 'ada', { reason: '' })).status).toBe(400);
  });

  test.each([
    ['sqs', 'SendMessage', 'not accepted: the queue can not be reached; try again'],
    ['s3', 'GetObject', 'the results can not be reached; try again'],
  ] as const)('when %s fails at %s, it is to be asked again', async (service, action, detail) => {
    await ended('op-1', 'failed');
    failing(service, action);
    const { status, headers, json } = await retry('op-1');
    expect([status, headers.get('retry-after'), json['detail']]).toEqual([503, '10', detail]);
    it.aws.aws.faults.clear();
    expect((await retry('op-1')).status).toBe(202);
    expect(await sent()).toHaveLength(1);
  });

  test('where nothing new is taken on, it says so', async () => {
    await ended('op-1', 'failed');
    await drain(it.redis.client, { who: { creatorId: 'ada' }, scope: 'platform', why: 'moves' });
    expect((await retry('op-1')).status).toBe(409);
  });
});

describe('settling what is unknown', () => {
  test.each([
    ['confirmed', 'succeeded', undefined],
    ['given_up', 'failed', 'given up: nobody knows whether it took effect'],
  ] as const)('%s is %s, in Redis and in S3', async (as, state, error) => {
    await ended('op-1', 'outcome_unknown');
    const { status, json } = await say('op-1', { as, note: 'seen in the app' });
    expect([status, json['state'], json['error']]).toEqual([200, state, error]);
    const kept = await it.resultOf('ada', 'op-1');
    expect(kept.status).toBe(state);
    expect(kept.result).toEqual({
      operation_id: 'op-1',
      creator_id: 'ada',
      kind: 'message.send',
      site: { navigations: [] },
      request: SEND,
      status: state,
      ...(error && { error }),
      resolved: {
        as,
        by: 'boss',
        at: new Date(NOW).toISOString(),
        note: 'seen in the app',
        error: 'why it ended',
      },
    });
    expect((await readAudit(it.api, '2027-01-15'))[0]).toMatchObject({
      action: 'operation.resolve',
      before: { state: 'outcome_unknown', error: 'why it ended' },
      after: { as, note: 'seen in the app' },
    });
    expect(await sent()).toEqual([]);
  });

  test('sent again is a new operation that names it, which really is sent', async () => {
    await ended('op-1', 'outcome_unknown');
    const { status, json } = await say('op-1', { as: 'sent_again' });
    const id = String(json['sent_again_as']);
    expect([status, json['state'], json['error']]).toEqual([200, 'failed', `sent again as ${id}`]);
    expect(await sent()).toMatchObject([{ ...SEND, operation_id: id }]);
    expect((await known(id))?.state).toBe('pending');
    const { result } = await it.resultOf('ada', 'op-1');
    expect(result).toMatchObject({
      status: 'failed',
      error: `sent again as ${id}`,
      resolved: { operation_id: id },
    });
    // Should a letter of it turn up, it isn't asked for once more.
    await letter('op-1');
    const redriven = await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    expect(redriven.json['done']).toMatchObject([{ operation_id: id }]);
    expect(await sent()).toEqual([]);
    // Nothing of the old one's tries is the new one's: it has its own name in the journal.
    expect(id).not.toBe('op-1');
    expect((await known(id))?.tried).toBeUndefined();
  });

  test('said again it is the same; another word is refused', async () => {
    await ended('op-1', 'outcome_unknown');
    const first = await say('op-1', { as: 'sent_again' });
    const second = await say('op-1', { as: 'sent_again', note: 'twice' }, 'boss-of-ada');
    expect([second.status, second.json['sent_again_as']]).toEqual([200, first.json['sent_again_as']]);
    expect(await sent()).toHaveLength(1);
    const other = await say('op-1', { as: 'confirmed' });
    expect([other.status, other.json['detail']]).toEqual([
      409,
      expect.stringMatching(/^it was settled before, as sent_again by boss at .*: it is new-/),
    ]);
    expect((await retry('op-1')).json['detail']).toMatch(/^it was sent again, as new-/);
  });

  test('of two that say different things at once one holds, everywhere', async () => {
    await ended('op-1', 'outcome_unknown');
    const both = await Promise.all([say('op-1', { as: 'confirmed' }), say('op-1', { as: 'given_up' })]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 409]));
    const state = both.find(({ status }) => status === 200)!.json['state'];
    expect([(await known('op-1'))?.state, (await it.resultOf('ada', 'op-1')).status]).toEqual([state, state]);
  });

  test('twice sent again at once is one', async () => {
    await ended('op-1', 'outcome_unknown');
    const both = await Promise.all([1, 2].map(() => say('op-1', { as: 'sent_again' })));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const ids = both.map(({ json }) => json['sent_again_as']);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set((await sent()).map(message => message['operation_id']))).toEqual(new Set([ids[0]]));
  });

  test('what broke off after S3 comes to its end when the same is said again, even when keys are forgotten', async () => {
    await ended('op-1', 'outcome_unknown');
    const { redis } = it.api;
    let calls = 0;
    const isResolving = (args: unknown[]) => args.includes('sent_again') && ++calls === 1;
    it.api.redis = {
      eval: redis.eval.bind(redis),
      evalsha: (sha, n, ...args) =>
        isResolving(args) ? Promise.reject(new Error('gone')) : redis.evalsha(sha, n, ...args),
    };
    expect((await say('op-1', { as: 'sent_again' })).status).toBe(503);
    expect((await known('op-1'))?.state).toBe('outcome_unknown');
    const [message] = await sent();
    expect((await say('op-1', { as: 'confirmed' })).status).toBe(409);
    it.pass(25 * 3_600_000);
    await redis.eval(FORGET_KEYS, 0);
    const { json } = await say('op-1', { as: 'sent_again' });
    expect([json['state'], json['sent_again_as']]).toEqual(['failed', message!['operation_id']]);
    expect(await sent()).toEqual([]);
  });

  test('with a queue that takes nothing it stays open, and is sent once that works', async () => {
    await ended('op-1', 'outcome_unknown');
    failing('sqs', 'SendMessage');
    for (let n = 0; n < 2; n += 1) {
      const { status, headers } = await say('op-1', { as: 'sent_again' });
      expect([status, headers.get('retry-after')]).toEqual([503, '10']);
    }
    it.aws.aws.faults.clear();
    const { json } = await say('op-1', { as: 'sent_again' });
    const id = String(json['sent_again_as']);
    expect(await sent()).toMatchObject([{ operation_id: id }]);
    expect((await known(id))?.state).toBe('pending');
    expect((await say('op-1', { as: 'sent_again' })).json['sent_again_as']).toBe(id);
    expect(await sent()).toEqual([]);
  });

  test('a creator that takes on nothing new: not now', async () => {
    await ended('op-1', 'outcome_unknown');
    const order = { who: { creatorId: 'ada' }, scope: 'platform', why: 'moves' } as const;
    await drain(it.redis.client, order);
    expect((await say('op-1', { as: 'sent_again' })).status).toBe(409);
    await resume(it.redis.client, order);
    expect((await say('op-1', { as: 'sent_again' })).status).toBe(200);
  });

  test('what S3 can’t take isn’t settled, and a write whose answer was lost is', async () => {
    await ended('op-1', 'outcome_unknown');
    // The first write is the record's.
    failing('s3', 'PutObject', [2]);
    expect((await say('op-1', { as: 'confirmed' })).status).toBe(503);
    expect((await known('op-1'))?.state).toBe('outcome_unknown');
    it.aws.aws.faults.set({
      seed: 1,
      rules: [{ kind: 'lose-answer', service: 's3', action: 'PutObject', calls: [2] }],
    });
    await say('op-1', { as: 'confirmed' });
    it.aws.aws.faults.clear();
    expect((await say('op-1', { as: 'confirmed' })).json['state']).toBe('succeeded');
  });

  test('asked only what it would do, it does nothing', async () => {
    await ended('op-1', 'outcome_unknown');
    expect((await say('op-1', { as: 'sent_again', dry_run: true })).json).toEqual({
      effect: [
        'message.send of ada is sent again, as a new operation: if it took effect after all, it does so twice',
      ],
    });
    expect((await known('op-1'))?.state).toBe('outcome_unknown');
    expect((await it.resultOf('ada', 'op-1')).status).toBe('outcome_unknown');
    await say('op-1', { as: 'given_up' });
    expect((await say('op-1', { as: 'given_up', dry_run: true })).json).toEqual({
      effect: ['nothing: this was said before'],
    });
    expect(gone((await retry('op-1')).json)).toMatch(/it was given up: ask for it anew/);
  });

  test('where there is nothing to settle it says so', async () => {
    await ended('op-1', 'failed');
    expect((await say('op-1', { as: 'confirmed' })).json['detail']).toBe(
      'it is failed: there is nothing to settle',
    );
    await ended('op-2', 'outcome_unknown', null);
    expect((await say('op-2', { as: 'sent_again' })).json['detail']).toBe(
      'what was asked for is not kept: ask for it anew',
    );
    expect((await say('op-2', { as: 'given_up' })).status).toBe(200);
    await ended('op-3', 'outcome_unknown');
    expect((await say('op-3', { as: 'maybe' })).status).toBe(400);
    expect((await say('op-3', { as: 'confirmed', note: 'x'.repeat(201) })).status).toBe(400);
    expect((await say('op-3', { as: 'confirmed' }, 'ada')).status).toBe(403);
    expect((await say('op-4', { as: 'confirmed' })).status).toBe(404);
    await accept(it.redis.client, it.api.limit, {
      operationId: 'op-bea',
      creatorId: 'bea',
      kind: 'message.send',
    });
    expect((await say('op-bea', { as: 'confirmed' }, 'boss-of-ada')).status).toBe(404);
  });
});

/** A dead letter of ada's, as the scraper leaves it. */
async function letter(id: string): Promise<void> {
  const message = { operation_id: id, ...SEND, requested_at: '2026-01-01T00:00:00.000Z', correlation_id: id };
  await it.put(SCRAPER, JSON.stringify(message), {
    attributes: { [ATTRIBUTES.reason]: '8 failures, the last one: /my answered 503' },
  });
  await it.aws.clock.advance(1);
}

const FORGET_KEYS = `for _, key in ipairs(redis.call('KEYS', 'huntaze:2:idempotency:*')) do redis.call('DEL', key) end`;
