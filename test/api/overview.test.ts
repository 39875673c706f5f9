import { changeEndpoints } from '@huntaze/api/changes/endpoints';
import { creatorEndpoints } from '@huntaze/api/creators/endpoints';
import { readAudit } from '@huntaze/api/audit/audit';
import { limitEndpoints } from '@huntaze/api/limits/endpoints';
import { operationEndpoints } from '@huntaze/api/operations/endpoints';
import { overviewEndpoints } from '@huntaze/api/overview/endpoints';
import { historyEndpoints } from '@huntaze/api/overview/history';
import { endAttempt, readOperation, settle, startAttempt, tick, type Arrival } from '@huntaze/core/lua';
import { QUEUES } from '@huntaze/core/names';
import { describe, expect, test, vi } from 'vitest';
import { NOW, useApi } from '../support/api.ts';

// What an operator sees and does: creators, limits, the overview, and what changes.

const it = useApi();
const operations = operationEndpoints(() => it.api);
const creators = creatorEndpoints(() => it.api);
const limits = limitEndpoints(() => it.api);
const overview = overviewEndpoints(() => it.api);
const history = historyEndpoints(() => it.api);
const changes = changeEndpoints(() => it.api);

const scrape = (creator_id: string) => ({ kind: 'profile.scrape', creator_id, params: {} });
const create = async (creatorId: string, as = 'boss') => {
  const { status, json } = await it.ask(operations.create, as, { body: scrape(creatorId) });
  expect(status).toBe(202);
  return String(json['operation_id']);
};
/** The messages that were accepted arrive at the limiter. */
async function arrive(limit = 10): Promise<string[]> {
  const arrivals: Arrival[] = [];
  for (const body of await it.taken(QUEUES.rateLimiter)) {
    const record = (await readOperation(it.api.redis, it.api.limit, String(body['operation_id'])))!;
    arrivals.push({
      operationId: record.id,
      creatorId: record.creator,
      kind: record.kind,
      sequence: record.seq!,
      follows: record.follows,
      notAfter: undefined,
      messageId: record.id,
      receiptHandle: 'handle',
      receives: 1,
      body: '{}',
      attributes: '{}',
    });
  }
  const lease = { id: crypto.randomUUID(), holdMs: 1, hiddenMs: 120_000 };
  const { releases } = await tick(it.api.redis, 'platform', { ...it.api.limit, limit }, lease, arrivals);
  const forwarded = releases.map(({ operationId }) => operationId);
  await settle(it.api.redis, 'platform', lease.id, { forwarded, staying: [] });
  return forwarded;
}

describe('creators', () => {
  test('are listed with what waits and why; a token sees its own, and nothing of others', async () => {
    for (let n = 0; n < 3; n += 1) await create('ada');
    await create('bea');
    await arrive(1);
    const list = async (as: string) =>
      ((await it.ask(creators.list, as)).json['creators'] as Record<string, unknown>[]).map(one => [
        one['creator_id'],
        one['state'],
        one['waiting'],
      ]);
    const all = await list('viewer');
    expect(all.map(([id]) => id)).toEqual(['ada', 'bea']);
    expect(await list('bea')).toEqual([all[1]]);
    const one = await it.ask(creators.read, 'viewer', { params: { id: 'ada' } });
    expect(one.json).toMatchObject({
      creator_id: 'ada',
      head: { kind: 'profile.scrape', waits_for: 'turn' },
    });
    for (const id of ['ada', 'nobody', '../ada', 'a b'])
      expect((await it.ask(creators.read, 'bea', { params: { id } })).status).toBe(404);
  });

  test('a pause says its effect first, is recorded with before and after, and ends', async () => {
    await create('ada');
    const at = { params: { id: 'ada' } };
    const dry = await it.ask(creators.pauseOne, 'boss', { ...at, body: { dry_run: true } });
    expect(dry.json).toEqual({
      effect: [
        '1 operation of ada waits until resumed',
        'nothing of it is at work',
        'new operations are accepted, and wait, too',
      ],
    });
    expect((await it.ask(creators.read, 'boss', at)).json['state']).toBe('ready');
    const paused = await it.ask(creators.pauseOne, 'boss', { ...at, body: { reason: 'holidays' } });
    expect(paused.json).toMatchObject({ state: 'paused', why: 'holidays' });
    const resumed = await it.ask(creators.resumeOne, 'boss', at);
    expect(resumed.json['state']).toBe('ready');
    const entries = await readAudit(it.api, new Date(NOW).toISOString().slice(0, 10));
    expect(entries.map(({ action }) => action).toSorted()).toEqual(['creator.pause', 'creator.resume']);
    expect(entries.find(({ action }) => action === 'creator.pause')).toMatchObject({
      token_id: 'boss',
      on: 'creator ada',
      outcome: 'done',
      before: { state: 'ready' },
      after: { state: 'paused' },
    });
  });

  test('one can be paused before anything was asked of it, until a time that is still to come', async () => {
    const at = { params: { id: 'new-one' } };
    const until = new Date(NOW + 3_600_000).toISOString();
    const { json } = await it.ask(creators.pauseOne, 'boss', { ...at, body: { until } });
    expect(json).toMatchObject({ state: 'paused', until, why: 'pause by boss' });
    const past = { ...at, body: { until: new Date(NOW - 1).toISOString() } };
    expect((await it.ask(creators.pauseOne, 'boss', past)).status).toBe(400);
  });

  test('what is drained takes nothing on; everybody can be, by who is bound to all', async () => {
    await create('ada');
    await it.ask(creators.drainOne, 'boss-of-ada', { params: { id: 'ada' } });
    expect((await it.ask(operations.create, 'boss', { body: scrape('ada') })).status).toBe(409);
    expect((await it.ask(creators.drainAll, 'boss-of-ada')).status).toBe(403);
    expect((await it.ask(creators.drainAll, 'boss')).status).toBe(200);
    expect((await it.ask(operations.create, 'boss', { body: scrape('bea') })).status).toBe(409);
    expect((await it.ask(creators.resumeAll, 'boss')).status).toBe(200);
    expect((await it.ask(operations.create, 'boss', { body: scrape('bea') })).status).toBe(202);
  });

  test('the head is skipped only if it is the one that was meant', async () => {
    const [first, second] = [await create('ada'), await create('ada')];
    await arrive(1);
    const skip = (body: object) =>
      it.ask(creators.skip, 'boss', { params: { id: 'ada' }, body: body as Record<string, unknown> });
    const dry = await skip({ dry_run: true });
    const head = [first, second].find(id => JSON.stringify(dry.json).includes(id));
    expect(dry.json).toEqual({ effect: [`${head} is cancelled, and the next of ada is first`] });
    const other = head === first ? second : first;
    expect((await skip({ operation_id: other })).status).toBe(409);
    expect((await skip({ operation_id: head })).status).toBe(200);
    expect((await it.ask(operations.read, 'boss', { params: { id: head! } })).json['state']).toBe(
      'cancelled',
    );
  });

  test('viewers and creators act on nobody; strangers are told that there is nobody', async () => {
    await create('ada');
    for (const act of [creators.pauseOne, creators.drainOne, creators.resumeOne, creators.skip]) {
      for (const as of ['viewer', 'ada', 'bea'])
        expect((await it.ask(act, as, { params: { id: 'ada' } })).status).toBe(403);
      expect((await it.ask(act, 'boss-of-ada', { params: { id: 'bea' } })).status).toBe(404);
      expect((await it.ask(act, 'boss', { params: { id: 'a/b' } })).status).toBe(404);
    }
  });
});

describe('limits', () => {
  test('what is in force, what is used, and a change with its effect told first', async () => {
    const read = await it.ask(limits.read, 'viewer');
    expect(read.json).toMatchObject({
      scope: 'platform',
      in_force: { limit: 10, window_s: 60, most_unfinished: 200, most_waiting: 50_400 },
      set: {},
      lines: [{ line: 'platform', used: 0, worst_24h: 0 }],
    });
    const dry = await it.ask(limits.change, 'boss', { body: { limit: 5, dry_run: true } });
    expect((dry.json['effect'] as string[])[0]).toContain('at most 5 operations');
    expect((await it.ask(limits.read, 'viewer')).json['set']).toEqual({});
    const changed = await it.ask(limits.change, 'boss', {
      body: { limit: 5, weights: { 'fans.scrape': 2 }, reason: 'quiet day' },
    });
    expect(changed.json).toMatchObject({
      in_force: { limit: 5, weights: { 'fans.scrape': 2 } },
      set: { limit: 5, weights: { 'fans.scrape': 2 } },
    });
    await it.ask(limits.change, 'boss', { body: { limit: null, weights: { 'fans.scrape': null } } });
    expect((await it.ask(limits.read, 'viewer')).json).toMatchObject({ in_force: { limit: 10 }, set: {} });
    const [entry] = await readAudit(it.api, new Date(NOW).toISOString().slice(0, 10));
    expect(entry).toMatchObject({ action: 'limits.change', outcome: 'done' });
  });

  test.each<[string, Record<string, unknown>]>([
    ['no limit at all', { limit: 0 }],
    ['half of one', { limit: 1.5 }],
    ['a window of nothing', { window_s: 0 }],
    ['a kind that there isn’t', { weights: { 'money.print': 2 } }],
    ['a field that nobody knows', { burst: 5 }],
  ])('%s: 400, and nothing changes', async (_, body) => {
    expect((await it.ask(limits.change, 'boss', { body })).status).toBe(400);
    expect((await it.ask(limits.read, 'viewer')).json['set']).toEqual({});
  });

  test('are changed by an operator of everything alone', async () => {
    for (const as of ['viewer', 'ada', 'boss-of-ada'])
      expect((await it.ask(limits.change, as, { body: { limit: 1 } })).status).toBe(403);
  });
});

describe('the overview', () => {
  const verdict = async (as = 'viewer') =>
    (await it.ask(overview.read, as)).json['verdict'] as Record<string, unknown>;

  test('says in one sentence how it is, and leads to what needs a person', async () => {
    expect(await verdict()).toEqual({ tone: 'good', sentence: 'All is well: nothing waits' });
    const id = await create('ada');
    expect(await verdict()).toMatchObject({ tone: 'busy' });
    await arrive();
    expect(await verdict()).toMatchObject({
      tone: 'bad',
      sentence: 'No scraper is there: 1 operation waits for one',
    });
    const ids = { operationId: id, creatorId: 'ada', kind: 'profile.scrape', line: 'platform' };
    await startAttempt(it.api.redis, ids);
    await endAttempt(it.api.redis, { operationId: id, state: 'outcome_unknown' });
    expect(await verdict()).toEqual({
      tone: 'bad',
      sentence: 'Of 1 operation it is not known whether it took effect',
      action: { label: 'Settle it', href: '/operations?state=outcome_unknown' },
    });
    const { json } = await it.ask(overview.read, 'viewer');
    expect(json).toMatchObject({
      needs_person: 1,
      dead_letters: { total: 0, causes: [] },
      limiter: { limit: 10, used: 0 },
      breaker: { state: 'closed' },
      creators: [{ creator_id: 'ada', state: 'outcome_unknown' }],
    });
  });

  test('dead letters count, by their cause; what can’t be had is left out, and the rest is told', async () => {
    await it.put(QUEUES.rateLimiterDeadLetters, 'no json', {
      attributes: { dead_letter_reason: 'is not JSON' },
    });
    expect(await it.ask(overview.read, 'viewer')).toMatchObject({
      json: { dead_letters: { total: 1, causes: [{ count: 1 }] }, needs_person: 1 },
    });
    const logged: unknown[] = [];
    it.api.log = line => void logged.push(line);
    it.api.deadLetters.look = () => Promise.reject(new Error('connect ECONNREFUSED'));
    const { status, json } = await it.ask(overview.read, 'viewer');
    expect([status, json['dead_letters'], json['needs_person']]).toEqual([200, undefined, 0]);
    expect(JSON.stringify(logged)).toContain('the overview lacks dead letters');
  });

  test('a token that is bound to some sees theirs, and nothing of the installation’s alarms', async () => {
    await create('ada');
    await create('bea');
    const { json } = await it.ask(overview.read, 'bea');
    expect(json['creators']).toMatchObject([{ creator_id: 'bea' }]);
    expect(JSON.stringify(json)).not.toContain('ada');
    expect(json['alarms']).toBeUndefined();
    expect(json['flow']).toMatchObject({ queued: 1 });
  });

  test('the history is of everybody, and as long as is asked for', async () => {
    const asked = await it.ask(history.read, 'viewer', { query: { minutes: '5' } });
    expect((asked.json['minutes'] as unknown[]).length).toBe(5);
    expect((await it.ask(history.read, 'ada')).status).toBe(403);
    expect((await it.ask(history.read, 'viewer', { query: { minutes: '1441' } })).status).toBe(400);
  });
});

describe('the stream of changes', () => {
  async function follow(as: string, headers: Record<string, string> = {}) {
    const leaving = new AbortController();
    const request = new Request('https://api.example/api/onlyfans/changes', {
      headers: { host: 'api.example', authorization: `Bearer ${as}`, ...headers },
      signal: leaving.signal,
    });
    const response = await changes.stream.handle(request, {});
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    return {
      response,
      leave: () => leaving.abort(),
      /** All until something is in it. */
      async until(words: string): Promise<string> {
        while (!text.includes(words)) {
          const { done, value } = await reader.read();
          if (done) return `${text} (ended)`;
          text += value;
        }
        return text;
      },
    };
  }

  test('tells what is a token’s own as it happens, and where to go on', async () => {
    const stream = await follow('ada');
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
    expect(await stream.until('event: ready')).toMatch(
      /^retry: 1000\nid: \d+-\d+@\d+\nevent: ready\ndata: \{\}\n\n$/,
    );
    const beas = await create('bea');
    const adas = await create('ada');
    for (const id of ['bea', 'ada'])
      expect(
        (await it.ask(creators.pauseOne, 'boss', { params: { id }, body: { reason: 'w' } })).status,
      ).toBe(200);
    await it.ask(limits.change, 'boss', { body: { limit: 9 } });
    const text = await stream.until('event: line');
    expect(text).toContain(`"operation_id":"${adas}"`);
    expect(text).not.toContain(beas);
    expect(text).toContain('event: creator\ndata: {"creator_id":"ada"}');
    expect(text).not.toContain('bea');
    stream.leave();
    expect(await stream.until('never')).toContain('(ended)');
    const place = [...text.matchAll(/^id: (\S+)$/gm)].at(-1)![1]!;
    const later = await create('ada');
    const resumed = await follow('ada', { 'last-event-id': place });
    const missed = await resumed.until(later);
    expect(missed).not.toContain(adas);
    resumed.leave();
    await resumed.until('never');
    expect(it.api.feed.size).toBe(0);
  });

  test('a place that is none is refused where it is asked for, and passed over where a browser sends it', async () => {
    expect((await it.ask(changes.stream, 'ada', { query: { after: '$' } })).status).toBe(400);
    const stream = await follow('ada', { 'last-event-id': 'garbage\n' });
    expect(await stream.until('event: ready')).toContain('ready');
    stream.leave();
    await stream.until('never');
  });

  test('whoever takes nothing for a megabyte is left, and may come again', async () => {
    const stream = await follow('boss');
    await vi.waitFor(() => expect(it.api.feed.size).toBe(1));
    await it.redis.client.eval(MANY_CREATORS, 0);
    await vi.waitFor(() => expect(it.api.feed.size).toBe(0), { timeout: 10_000 });
    expect(await stream.until('never')).toContain('(ended)');
  });

  test('there are only so many; then it is asked to come again, and one that leaves makes room', async () => {
    const open = await Promise.all(Array.from({ length: 500 }, () => follow('boss')));
    await vi.waitFor(() => expect(it.api.feed.size).toBe(500), { timeout: 10_000 });
    const refused = await it.ask(changes.stream, 'boss', {});
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60']);
    open[0]!.leave();
    await vi.waitFor(() => expect(it.api.feed.size).toBe(499));
    const late = await follow('boss');
    expect(await late.until('event: ready')).toContain('ready');
    for (const stream of [...open, late]) stream.leave();
    await vi.waitFor(() => expect(it.api.feed.size).toBe(0));
  });
});

/** News of many, a megabyte and a half as they are told. */
const MANY_CREATORS = `for i = 1, 1500 do
  redis.call('XADD', 'huntaze:2:changes', '*', 'creator', string.rep('x', 1000) .. i)
end`;
