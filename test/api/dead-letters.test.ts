import { ReceiveMessageCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { accept, endAttempt, noteAttempt, readOperation, startAttempt } from '@huntaze/core/lua';
import { ATTRIBUTES, QUEUES } from '@huntaze/core/names';
import { queueArn } from '@huntaze/local/aws/sqs/engine';
import { describe, expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { readAudit } from '@huntaze/api/audit/audit';
import { deadLetterEndpoints } from '@huntaze/api/dead-letters/endpoints';

const it = useApi();
const { list, redrive, discard } = deadLetterEndpoints(() => it.api);
const LIMITER = QUEUES.rateLimiterDeadLetters;
const SCRAPER = QUEUES.workflowsDeadLetters;

interface Shown {
  id: string;
  queue: string;
  operation_id?: string;
  creator_id?: string;
  cause: string;
}
const letters = async (as = 'boss', query = {}) =>
  (await it.ask(list, as, { query })).json['letters'] as Shown[];

/** A message as the API writes it. */
const body = (id: string, creator = 'ada', more = {}) =>
  JSON.stringify({
    operation_id: id,
    kind: 'profile.scrape',
    creator_id: creator,
    params: {},
    requested_at: '2026-01-01T00:00:00.000Z',
    correlation_id: id,
    ...more,
  });
const tried = (error: string) => ({
  [ATTRIBUTES.reason]: `8 failures, the last one: ${error}`,
  [ATTRIBUTES.attempts]: '8',
  [ATTRIBUTES.lastError]: error,
});

/** A dead operation with its letter, as the scraper leaves it. */
async function dead(id: string, creator = 'ada', error = '/my answered 503'): Promise<void> {
  await known(id, creator, 'profile.scrape');
  await startAttempt(it.redis.client, {
    operationId: id,
    creatorId: creator,
    kind: 'profile.scrape',
    line: 'platform',
  });
  await endAttempt(it.redis.client, { operationId: id, state: 'dead', error });
  await it.put(SCRAPER, body(id, creator), { attributes: tried(error), group: creator });
  await it.aws.clock.advance(1);
}
const known = (operationId: string, creatorId: string, kind: string) =>
  accept(it.redis.client, it.api.limit, { operationId, creatorId, kind });
const queued = () => it.taken(QUEUES.rateLimiter);
const stateOf = async (id: string) => (await readOperation(it.redis.client, it.api.limit, id))?.state;

describe('the list', () => {
  test('has both queues’ letters, the newest first, with their causes', async () => {
    await it.put(LIMITER, 'not JSON', { attributes: { [ATTRIBUTES.reason]: 'body is not JSON' } });
    await it.aws.clock.advance(1);
    await it.put(SCRAPER, body('op-1'), { attributes: tried('/my/chats answered 503') });
    await it.aws.clock.advance(1);
    // Where a message's own attributes leave no room, the three travel as one.
    await it.put(SCRAPER, body('op-2', 'bea'), {
      group: 'bea',
      attributes: { [ATTRIBUTES.deadLetter]: JSON.stringify(tried('/my/posts answered 502')) },
    });
    const { status, json } = await it.ask(list, 'viewer');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      total: 3,
      is_complete: true,
      causes: [
        { cause: 'the site answered 5xx', count: 2 },
        { cause: 'body is not JSON', count: 1 },
      ],
      letters: [
        {
          queue: 'scraper',
          operation_id: 'op-2',
          creator_id: 'bea',
          attempts: 8,
          last_error: '/my/posts answered 502',
        },
        { queue: 'scraper', operation_id: 'op-1', creator_id: 'ada', kind: 'profile.scrape' },
        { queue: 'limiter', cause: 'body is not JSON' },
      ],
    });
    expect(JSON.stringify(json)).not.toMatch(/receipt|"not JSON"/i);
    // It is all there again, and known by the same names.
    expect(await it.counts(SCRAPER)).toEqual([2, 0]);
    expect(await letters()).toEqual(json['letters']);
  });

  test('knows what SQS itself has moved', async () => {
    const QueueUrl = it.aws.aws.queueUrl(QUEUES.workflows);
    const deadLetterTargetArn = queueArn('us-east-1', SCRAPER);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
    await it.aws.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }));
    await it.put(QUEUES.workflows, body('op-1'));
    for (let n = 0; n < 3; n += 1)
      await it.aws.sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));
    expect(await letters()).toMatchObject([{ operation_id: 'op-1', cause: 'received too often' }]);
  });

  test('can be narrowed; the causes stay', async () => {
    await it.put(LIMITER, '[]', { attributes: { [ATTRIBUTES.reason]: 'body is not a JSON object' } });
    for (const [id, creator] of [
      ['op-1', 'ada'],
      ['op-2', 'bea'],
    ] as const)
      await dead(id, creator);
    const seen = async (query: Record<string, string>) => (await it.ask(list, 'boss', { query })).json;
    expect(await seen({ cause: 'the site answered 5xx' })).toMatchObject({
      total: 2,
      causes: [{ count: 2 }, { cause: 'body is not a JSON object' }],
    });
    expect(await seen({ creator: 'bea' })).toMatchObject({ total: 1, causes: [{ count: 1 }] });
    expect(await seen({ queue: 'limiter' })).toMatchObject({
      letters: [{ cause: 'body is not a JSON object' }],
    });
    expect((await it.ask(list, 'boss', { query: { queue: 'mine' } })).status).toBe(400);
  });

  test('has more than one receive’s, of a creator the first ten, and says so', async () => {
    for (let n = 0; n < 25; n += 1) await it.put(LIMITER, body(`l-${n}`, 'bea'));
    for (let n = 0; n < 12; n += 1) await dead(`op-${n}`);
    const { json } = await it.ask(list, 'boss');
    expect([json['total'], json['is_complete']]).toEqual([35, false]);
    const { json: ofLimiter } = await it.ask(list, 'boss', { query: { queue: 'limiter' } });
    expect([ofLimiter['total'], ofLimiter['is_complete']]).toEqual([25, true]);
    expect([await it.counts(LIMITER), await it.counts(SCRAPER)]).toEqual([
      [25, 0],
      [12, 0],
    ]);
  });

  test('is in the order of time, whatever the queue’s', async () => {
    for (let n = 0; n < 20; n += 1) {
      await it.put(LIMITER, body(`l-${n}`));
      await it.aws.clock.advance(1);
    }
    it.aws.aws.faults.set({ seed: 1, rules: [{ kind: 'reorder', queue: LIMITER, within: 10 }] });
    const ids = (await letters()).map(one => one.operation_id);
    expect(ids).toEqual(Array.from({ length: 20 }, (_, n) => `l-${19 - n}`));
  });

  test('is looked for once, however many look at once, and for those whom what was seen lately is enough', async () => {
    await dead('op-1');
    let receives = 0;
    const send = it.aws.sqs.send.bind(it.aws.sqs) as (command: unknown) => Promise<unknown>;
    const box = it.anotherBox({
      send: (command: unknown) => {
        if (command instanceof ReceiveMessageCommand) receives += 1;
        return send(command) as never;
      },
    });
    await box.look();
    const once = receives;
    await Promise.all([box.look(), box.look(), box.look()]);
    expect(receives).toBe(2 * once);
    it.pass(999);
    expect((await box.look(1_000)).letters).toHaveLength(1);
    expect(receives).toBe(2 * once);
    it.pass(1);
    await box.look(1_000);
    expect(receives).toBe(3 * once);
    // Whoever acts changes what there is.
    await box.hold(async hands => hands.remove((await hands.more()).fresh));
    expect((await box.look(1_000)).letters).toEqual([]);
  });

  test('nobody waits without end for whoever is at it', async () => {
    const first = it.anotherBox();
    it.api.deadLetters = first;
    let release = () => {};
    const held = first.hold(() => new Promise<void>(resolve => (release = resolve)));
    it.clock.sleep = () => Promise.resolve();
    const { status, headers, json } = await it.ask(list, 'boss');
    expect([status, headers.get('retry-after'), json['detail']]).toEqual([
      503,
      '10',
      'somebody else is at the dead letters just now; try again',
    ]);
    // Whoever is behind the one that gave up still waits for the first.
    it.clock.sleep = () => new Promise(() => {});
    const behind = it.ask(list, 'boss');
    release();
    await held;
    expect((await behind).status).toBe(200);
  });

  test('a token that is bound sees its creators’, and not what is nobody’s', async () => {
    await it.put(LIMITER, 'not JSON', { attributes: { [ATTRIBUTES.reason]: 'body is not JSON' } });
    for (const creator of ['ada', 'bea']) await dead(`op-${creator}`, creator);
    const { json } = await it.ask(list, 'ada');
    expect(json).toMatchObject({ total: 1, letters: [{ creator_id: 'ada' }], causes: [{ count: 1 }] });
    expect(JSON.stringify(json)).not.toMatch(/bea|JSON/);
    expect((await it.ask(list, 'ada', { query: { creator: 'bea' } })).status).toBe(404);
  });

  test('of two who look at once both see everything, and neither waits for another process for ever', async () => {
    for (let n = 0; n < 15; n += 1) await it.put(LIMITER, body(`l-${n}`));
    const both = await Promise.all([letters(), letters()]);
    expect(both.map(({ length }) => length)).toEqual([15, 15]);
    // Another process holds them: what is hidden from us is known to be there.
    const seen = await it.anotherBox().hold(async hands => {
      await hands.more();
      return (await it.ask(list, 'boss')).json;
    });
    expect(seen).toMatchObject({ total: 0, is_complete: false });
    expect((await it.ask(list, 'boss')).json).toMatchObject({ total: 15, is_complete: true });
  });

  test.each(['ReceiveMessage', 'GetQueueAttributes'])(
    'when %s fails, it is to be asked again',
    async action => {
      await dead('op-1');
      it.aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 'sqs', action, queue: LIMITER }] });
      const { status, headers, json } = await it.ask(list, 'boss');
      expect([status, headers.get('retry-after')]).toEqual([503, '10']);
      expect(json['detail']).toBe('the dead letters can not be reached; try again');
      it.aws.aws.faults.clear();
      expect((await letters()).length).toBe(1);
    },
  );
});

describe('redriving', () => {
  test('makes a new operation that names the old one, and deletes the letter; it is recorded', async () => {
    await dead('op-1');
    const [{ id } = { id: '' }] = await letters();
    const { status, json } = await it.ask(redrive, 'boss', {
      body: { ids: [id], reason: 'the site is back' },
    });
    expect([status, json]).toEqual([
      200,
      { done: [{ id, operation_id: 'new-2' }], failed: [], is_complete: true },
    ]);
    expect(await queued()).toMatchObject([
      { operation_id: 'new-2', creator_id: 'ada', kind: 'profile.scrape' },
    ]);
    expect(await stateOf('new-2')).toBe('pending');
    expect(await it.counts(SCRAPER)).toEqual([0, 0]);
    const [action] = await readAudit(it.api, '2027-01-15');
    expect(action).toMatchObject({
      token_id: 'boss',
      action: 'dead-letters.redrive',
      on: '1 dead letter',
      outcome: 'done',
      before: {
        letters: 1,
        causes: [{ cause: 'the site answered 5xx', count: 1 }],
        reason: 'the site is back',
      },
      after: { done: [{ id, operation_id: 'new-2' }] },
    });
  });

  test('asked only what it would do, it does nothing', async () => {
    for (const n of [1, 2, 3]) await dead(`op-${n}`);
    await dead('op-4', 'bea');
    await it.put(LIMITER, '[]', { attributes: { [ATTRIBUTES.reason]: 'body is not a JSON object' } });
    const both = async (choice: object) =>
      (await it.ask(redrive, 'boss', { body: { ...choice, dry_run: true } })).json['effect'];
    expect(await both({ queue: 'scraper' })).toEqual([
      '3 operations of ada are asked for again, as new ones, and their letters deleted',
      '1 operation of bea is asked for again, as a new one, and its letter deleted',
    ]);
    expect(await both({ queue: 'limiter' })).toEqual([
      '1 letter stays: it is no operation that could be asked for again: it can only be discarded',
    ]);
    expect(await both({ cause: 'another' })).toEqual(['nothing: there is no such letter']);
    expect(await queued()).toEqual([]);
    expect([await it.counts(SCRAPER), await it.counts(LIMITER)]).toEqual([
      [4, 0],
      [1, 0],
    ]);
  });

  test('many go in the order in which they came, over both queues, also those behind the first ten of a group', async () => {
    const expected: string[] = [];
    for (let n = 0; n < 28; n += 1) {
      const id = `old-${n}`;
      if (n % 7 === 6) {
        await it.put(LIMITER, body(id));
        await it.aws.clock.advance(1);
      } else await dead(id);
      expected.push(id);
    }
    // A standard queue keeps no order.
    it.aws.aws.faults.set({ seed: 1, rules: [{ kind: 'reorder', queue: LIMITER, within: 4 }] });
    const { json } = await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    const done = json['done'] as { operation_id: string }[];
    expect(done.length).toBe(28);
    const of = await Promise.all(
      done.map(({ operation_id }) => it.redis.client.eval(OF.replaceAll('ARGV[1]', `'${operation_id}'`), 0)),
    );
    expect(of).toEqual(expected);
  });

  test('broken off between accept and delete, and repeated, it is one operation, and its letter is gone', async () => {
    await dead('op-1');
    it.aws.aws.faults.set({
      seed: 1,
      rules: [{ kind: 'error', service: 'sqs', action: 'DeleteMessageBatch' }],
    });
    const first = await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    expect(first.json).toMatchObject({
      done: [],
      failed: [
        {
          why: expect.stringMatching(
            /^it is asked for again as new-\d+, but it could not be deleted/,
          ) as string,
        },
      ],
    });
    expect(await it.counts(SCRAPER)).toEqual([1, 0]);
    it.aws.aws.faults.clear();
    const sent = await queued();
    expect(sent).toHaveLength(1);
    // Another operator, a day later, when keys are forgotten.
    await it.redis.client.eval(FORGET_KEYS, 0);
    const second = await it.ask(redrive, 'boss-of-ada', { body: { creator: 'ada' } });
    expect(second.json).toMatchObject({ done: [{ operation_id: sent[0]!['operation_id'] }], failed: [] });
    expect(await queued()).toEqual([]);
    expect(await it.counts(SCRAPER)).toEqual([0, 0]);
  });

  test('broken off before it is noted as well, it is known by its key', async () => {
    await dead('op-1');
    const client = it.api.redis;
    it.api.redis = {
      eval: client.eval.bind(client),
      // What notes with the old operation which one repeats it fails.
      evalsha: (hash, n, ...args) =>
        args[1] === 'op-1' && String(args[2]).startsWith('new-')
          ? Promise.reject(new Error('gone'))
          : client.evalsha(hash, n, ...args),
    };
    it.aws.aws.faults.set({
      seed: 1,
      rules: [{ kind: 'error', service: 'sqs', action: 'DeleteMessageBatch' }],
    });
    await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    it.api.redis = client;
    it.aws.aws.faults.clear();
    const second = await it.ask(redrive, 'boss-of-ada', { body: { creator: 'ada' } });
    const [sent, same, ...others] = await queued();
    // It is pending: nobody knows whether its message was sent, and it goes again with the same bytes.
    expect([same, others]).toEqual([sent, []]);
    expect(second.json).toMatchObject({ done: [{ operation_id: sent!['operation_id'] }], failed: [] });
  });

  test('two letters of one operation are one', async () => {
    await dead('op-1');
    await it.put(SCRAPER, body('op-1'), {
      attributes: { [ATTRIBUTES.reason]: 'dead, and its message came again' },
    });
    const { json } = await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    const done = json['done'] as { operation_id: string }[];
    expect(new Set(done.map(one => one.operation_id)).size).toBe(1);
    expect(done).toHaveLength(2);
    expect(new Set((await queued()).map(one => one['operation_id'])).size).toBe(1);
  });

  test('what can’t be asked for again is told one by one, and stays; the rest goes', async () => {
    await it.put(LIMITER, 'not JSON', { attributes: { [ATTRIBUTES.reason]: 'body is not JSON' } });
    await it.put(LIMITER, body('op-odd', 'ada', { params: { no: 1 } }));
    await it.put(LIMITER, body('op-late', 'ada', { not_after: '2026-01-01T00:00:00Z' }));
    await dead('op-1');
    const all = await letters();
    const ids = [...all.map(({ id }) => id), `dl-${'0'.repeat(24)}`];
    const { json } = await it.ask(redrive, 'boss', { body: { ids } });
    expect(json['done']).toHaveLength(1);
    expect((json['failed'] as { why: string }[]).map(({ why }) => why).sort()).toEqual([
      expect.stringMatching(/^it is no operation that could be asked for again/),
      expect.stringMatching(/^it is no operation that could be asked for again/),
      'it was not worth doing after 2026-01-01T00:00:00Z: ask for it anew',
      expect.stringMatching(/^there is no such letter, or none that can be seen now/),
    ]);
    expect(await it.counts(LIMITER)).toEqual([3, 0]);
  });

  test('what has taken effect, or may have, is not repeated', async () => {
    const send = { kind: 'message.send', params: { fan_id: 'f', text: 'hi' } };
    const moved = { group: 'ada' };
    const redis = it.redis.client;
    const ids = { operationId: '', creatorId: 'ada', kind: 'message.send', line: 'platform' };
    // It has succeeded, and its message came a thousand times again.
    await startAttempt(redis, { ...ids, operationId: 'sent' });
    await endAttempt(redis, { operationId: 'sent', state: 'succeeded' });
    // Redis has forgotten it; its result hasn't.
    await it.keepResult('ada', 'kept', { status: 'succeeded' });
    await it.keepResult('ada', 'open', { status: 'outcome_unknown' });
    await startAttempt(redis, { ...ids, operationId: 'tried' });
    await noteAttempt(redis, 'tried', { n: 1, newest: '', deadline: 1 });
    await endAttempt(redis, { operationId: 'tried', state: 'forwarded' });
    // Somebody else's id.
    await known('foreign', 'bea', 'message.send');
    for (const id of ['sent', 'kept', 'open', 'tried', 'foreign']) {
      await it.put(SCRAPER, body(id, 'ada', send), moved);
      await it.aws.clock.advance(1);
    }
    const { json } = await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    expect(json['done']).toEqual([]);
    expect((json['failed'] as { why: string }[]).map(({ why }) => why)).toEqual([
      'it has succeeded: discard its letter',
      'it has succeeded: discard its letter',
      'nobody knows whether it took effect: say first what is to be held of it',
      expect.stringMatching(/^it has begun, and nobody knows how it ended/),
      expect.stringMatching(/^its id is another operation’s/),
    ]);
    expect(await queued()).toEqual([]);
  });

  test('an operation that still waits for the message that SQS has moved ends, and the new one takes its place', async () => {
    await known('op-1', 'ada', 'profile.scrape');
    await it.put(LIMITER, body('op-1'));
    it.aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 'sqs', action: 'SendMessage' }] });
    const first = await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '10']);
    it.aws.aws.faults.clear();
    expect(await stateOf('op-1')).toBe('cancelled');
    expect((await it.ask(redrive, 'boss', { body: { creator: 'ada' } })).json).toMatchObject({
      done: [{ operation_id: expect.stringMatching(/^new-/) as string }],
    });
    expect(await queued()).toHaveLength(1);
  });

  test('a queue that takes nothing: nothing was done, and nothing is lost', async () => {
    for (const n of [1, 2]) await dead(`op-${n}`);
    it.aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 'sqs', action: 'SendMessage' }] });
    const { status, headers } = await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    expect([status, headers.get('retry-after')]).toEqual([503, '10']);
    expect(await it.counts(SCRAPER)).toEqual([2, 0]);
    // One goes, and then it ends: what was done is told, and the rest is left.
    it.aws.aws.faults.set({
      seed: 1,
      rules: [{ kind: 'error', service: 'sqs', action: 'SendMessage', calls: [2] }],
    });
    const half = await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    expect(half.status).toBe(200);
    expect(half.json['done']).toHaveLength(1);
    expect(half.json['failed']).toMatchObject([
      { why: 'not accepted: the queue can not be reached; try again' },
    ]);
    expect(await it.counts(SCRAPER)).toEqual([1, 0]);
    it.aws.aws.faults.clear();
    await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    expect(await queued()).toHaveLength(2);
  });

  test('when time is up, the rest is told and left', async () => {
    for (const n of [1, 2, 3]) await dead(`op-${n}`);
    const send = it.api.sqs.send.bind(it.api.sqs) as (command: unknown) => Promise<unknown>;
    it.api.sqs = { send: (command: never) => (it.pass(30_000), send(command)) as never };
    const { json } = await it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    expect(json['done']).toHaveLength(2);
    expect(json['failed']).toMatchObject([{ why: 'there was no time left for it: ask again' }]);
    expect(await it.counts(SCRAPER)).toEqual([1, 0]);
  });

  test('a token that is bound acts on its creators’ alone', async () => {
    for (const creator of ['ada', 'bea']) await dead(`op-${creator}`, creator);
    await it.put(LIMITER, 'not JSON');
    const ids = (await letters()).map(({ id }) => id);
    const { json } = await it.ask(redrive, 'boss-of-ada', { body: { ids } });
    expect([json['done'], json['failed']]).toMatchObject([
      [{ operation_id: expect.any(String) as string }],
      [{ why: expect.stringMatching(/^there is no such letter/) as string }, {}],
    ]);
    expect((await it.ask(redrive, 'boss-of-ada', { body: { creator: 'bea' } })).status).toBe(404);
    expect((await it.ask(redrive, 'ada', { body: { creator: 'ada' } })).status).toBe(403);
    expect([await it.counts(SCRAPER), await it.counts(LIMITER)]).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  test('two at once redrive each letter once', async () => {
    for (let n = 0; n < 12; n += 1) await dead(`op-${n}`);
    const asked = () => it.ask(redrive, 'boss', { body: { creator: 'ada' } });
    const both = await Promise.all([asked(), asked()]);
    const done = both.flatMap(({ json }) => json['done'] as { operation_id: string }[]);
    expect(new Set(done.map(one => one.operation_id)).size).toBe(12);
    expect(await queued()).toHaveLength(12);
  });

  test.each([
    [{}, 'must say which letters'],
    [{ dry_run: true }, 'must say which letters'],
    [{ ids: [] }, 'ids'],
    [{ ids: ['op-1'] }, 'must be the id of a dead letter'],
    [{ creator: '../x' }, 'creator'],
    [{ queue: 'workflows' }, 'queue must be one of limiter, scraper'],
    [{ cause: 'x', all: true }, 'all is not a known field'],
  ])('%j says nothing that could be done', async (choice, detail) => {
    const { status, json } = await it.ask(redrive, 'boss', { body: choice });
    expect([status, json['detail']]).toEqual([400, expect.stringContaining(detail)]);
  });
});

describe('discarding', () => {
  test('deletes what is meant, whatever it is, and nothing else', async () => {
    await it.put(LIMITER, 'not JSON', { attributes: { [ATTRIBUTES.reason]: 'body is not JSON' } });
    for (let n = 0; n < 12; n += 1) await dead(`op-${n}`);
    await dead('op-bea', 'bea');
    const ask = (which: Record<string, unknown>) => it.ask(discard, 'boss', { body: which });
    expect((await ask({ queue: 'limiter', dry_run: true })).json).toEqual({
      effect: ['1 letter of nobody knows whom is deleted for good'],
    });
    expect((await ask({ cause: 'body is not JSON' })).json).toMatchObject({ done: [{}], failed: [] });
    expect((await ask({ creator: 'ada' })).json['done']).toHaveLength(12);
    expect([await it.counts(LIMITER), await it.counts(SCRAPER)]).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(await queued()).toEqual([]);
    expect((await readAudit(it.api, '2027-01-15')).map(({ on }) => on).sort()).toEqual([
      'dead letters of creator ada',
      'dead letters with cause "body is not JSON"',
    ]);
  });

  test('what could not be deleted is told, and there', async () => {
    for (const n of [1, 2]) await dead(`op-${n}`);
    const partial = { kind: 'partial', service: 'sqs', action: 'DeleteMessageBatch' } as const;
    it.aws.aws.faults.set({ seed: 1, rules: [{ ...partial, entryProbability: 1, calls: [1] }] });
    const { json } = await it.ask(discard, 'boss', { body: { creator: 'ada' } });
    expect([json['done'], json['failed']]).toMatchObject([
      [{}],
      [{ why: 'it could not be deleted: ask again' }],
    ]);
    expect(await it.counts(SCRAPER)).toEqual([1, 0]);
  });

  test('what can’t be recorded isn’t done', async () => {
    await dead('op-1');
    it.aws.aws.faults.set({ seed: 1, rules: [{ kind: 'error', service: 's3', action: 'PutObject' }] });
    expect((await it.ask(discard, 'boss', { body: { creator: 'ada' } })).status).toBe(503);
    expect(await it.counts(SCRAPER)).toEqual([1, 0]);
  });
});

/** Which operation another repeats, as its record has it. */
const OF = `return cmsgpack.unpack(redis.call('GET', 'huntaze:2:op:' .. ARGV[1])) and
  ({ cmsgpack.unpack(redis.call('GET', 'huntaze:2:op:' .. ARGV[1])) })[16].of`;
const FORGET_KEYS = `for _, key in ipairs(redis.call('KEYS', 'huntaze:2:idempotency:*')) do redis.call('DEL', key) end`;
