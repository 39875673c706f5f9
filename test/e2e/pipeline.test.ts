import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audit } from '@huntaze/local/job/audit';
import type { SiteLogEntry } from '@huntaze/local/site/log';
import { NOTHING_WRONG } from '../support/summary.ts';
import { runInPipeline } from '@huntaze/local/cli/pipeline-job';
import { startPipeline, type Pipeline } from '@huntaze/local/supervisor/pipeline';
import type { OperationRequest } from '@huntaze/core/operations';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Every part as a process of its own, a real browser, and a window short enough for a test. */
const LIMIT = { limit: 10, windowMs: 6_000 };
const creators = ['ada', 'bea', 'cleo', 'dana', 'edie'];
let folder: string;
let pipeline: Pipeline;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'huntaze-e2e-'));
  pipeline = await startPipeline({
    dataDir: folder,
    port: 0,
    limit: LIMIT.limit,
    windowSeconds: 6,
    creators,
  });
});
afterAll(async () => {
  await pipeline.stop();
  rmSync(folder, { recursive: true });
});

const scrape = (creator_id: string): OperationRequest => ({ kind: 'profile.scrape', creator_id, params: {} });

const jobOf = (requests: OperationRequest[]) => ({ id: crypto.randomUUID(), begunAt: Date.now(), requests });

test('40 requests of 5 creators: all succeed, at most ten in any window at the site, in order, once', async () => {
  const requests = Array.from({ length: 40 }, (_, i) => scrape(creators[i % creators.length]!));
  const quiet = { progress: () => undefined };
  const report = await runInPipeline(pipeline, jobOf(requests), LIMIT, quiet, new AbortController().signal);
  expect(report.summary).toMatchObject({
    requested: 40,
    succeeded: 40,
    ...NOTHING_WRONG,
    worst_window: 10,
  });
  // That the count of inversions is nothing must come from the order, not from lines that it couldn't match.
  const lines = (await (await fetch(`${pipeline.siteUrl}/__site/log`)).text()).trim().split('\n');
  const log = lines.map(line => JSON.parse(line) as SiteLogEntry);
  const accountOf = (creatorId: string) => pipeline.accountOf(creatorId);
  const backwards = audit(report.outcomes.toReversed(), [], log, accountOf, { ...LIMIT, wallMs: 0 });
  expect(backwards.order_inversions).toBe(35);
  expect(report.outcomes.map(outcome => outcome.result)).toEqual(
    requests.map(request =>
      expect.objectContaining({
        creator_id: request.creator_id,
        kind: 'profile.scrape',
        status: 'succeeded',
      }),
    ),
  );
}, 90_000);

test('a creator that nobody has heard of gets an account at the local site, and its operation done', async () => {
  const quiet = { progress: () => undefined };
  const report = await runInPipeline(
    pipeline,
    jobOf([scrape('new.one')]),
    LIMIT,
    quiet,
    new AbortController().signal,
  );
  expect(report.summary).toMatchObject({ requested: 1, succeeded: 1, lost: 0, goodput: null });
}, 30_000);

describe('over HTTP', () => {
  const operations = () => `${pipeline.apiUrl}/api/onlyfans/operations`;
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(operations(), {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${pipeline.token}`, ...headers },
    });

  test('an operation is accepted with its place, and its Location tells what it waits for', async () => {
    const answer = await post(JSON.stringify(scrape('ada')));
    expect(answer.status).toBe(202);
    const body = await answer.json();
    expect(body).toEqual({
      operation_id: expect.stringMatching(/^op-/),
      state: 'pending',
      position: expect.any(Number),
      expected_at: expect.stringMatching(/^20\d\d-.*Z$/),
    });
    const location = answer.headers.get('location');
    expect(location).toBe(`/api/onlyfans/operations/${body.operation_id}`);
    const seen = await fetch(`${pipeline.apiUrl}${location}`, {
      headers: { authorization: `Bearer ${pipeline.token}` },
    });
    expect(await seen.json()).toMatchObject({
      operation_id: body.operation_id,
      creator_id: 'ada',
      kind: 'profile.scrape',
    });
  });

  test.each([
    ['not JSON', '{', 'body'],
    ['an unknown kind', JSON.stringify({ ...scrape('ada'), kind: 'profile.delete' }), 'kind'],
    ['no creator', '{"kind":"profile.scrape","params":{}}', 'creator_id'],
    ['a creator that is a path', JSON.stringify(scrape('../../etc')), 'creator_id'],
    ['a creator with a control character', JSON.stringify(scrape('ada\u0007')), 'creator_id'],
    ['an unknown field', JSON.stringify({ ...scrape('ada'), colour: 'red' }), 'colour'],
  ])('%s is refused with the name of the field', async (_, body, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ status: 400, errors: [{ field }] });
  });

  test('asked twice under one Idempotency-Key it is one operation; asked for something else it is refused', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const first = await post(JSON.stringify(scrape('bea')), headers);
    const again = await post(JSON.stringify(scrape('bea')), headers);
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    const other = await post(JSON.stringify(scrape('cleo')), headers);
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ detail: 'the Idempotency-Key was used for another request' });
    const malformed = await post(JSON.stringify(scrape('bea')), { 'idempotency-key': 'two words' });
    expect(await malformed.json()).toMatchObject({ status: 400, errors: [{ field: 'Idempotency-Key' }] });
  });

  test('operations are listed, the newest first, a page at a time', async () => {
    const authorization = `Bearer ${pipeline.token}`;
    const list = async (query: string) => fetch(`${operations()}${query}`, { headers: { authorization } });
    const accepted = await (await post(JSON.stringify(scrape('dana')))).json();
    const { operations: newest } = await (await list('?limit=2')).json();
    const { next: cursor } = await (await list('?limit=1')).json();
    expect(newest).toHaveLength(2);
    expect(newest[0]).toMatchObject({ operation_id: accepted.operation_id, creator_id: 'dana' });
    const { operations: next } = await (await list(`?limit=1&cursor=${cursor}`)).json();
    expect(next).toMatchObject([{ operation_id: newest[1].operation_id }]);
    const refused = await list('?limit=many');
    expect(await refused.json()).toMatchObject({ status: 400, errors: [{ field: 'limit' }] });
    expect((await fetch(operations())).status).toBe(401);
  });

  test('a body above 64 KB is refused before it is read to its end', async () => {
    expect((await post(JSON.stringify({ ...scrape('ada'), colour: 'x'.repeat(70_000) }))).status).toBe(413);
  });

  test.each([
    ['none', ''],
    ['an unknown one', 'Bearer not-the-token'],
  ])('token: %s is refused', async (_, authorization) => {
    const asked = await post(JSON.stringify(scrape('ada')), { authorization });
    expect(asked.status).toBe(401);
    expect(await asked.json()).toMatchObject({
      title: 'Unauthorized',
      detail: expect.stringContaining('token'),
    });
    expect((await fetch(`${operations()}/op-1`, { headers: { authorization } })).status).toBe(401);
  });

  test('an operation that there isn’t is not found', async () => {
    const headers = { authorization: `Bearer ${pipeline.token}` };
    expect((await fetch(`${operations()}/op-nobody`, { headers })).status).toBe(404);
    expect((await fetch(`${operations()}/..%2F..%2Fetc`, { headers })).status).toBe(404);
  });

  test('health needs no token', async () => {
    const answer = await fetch(`${pipeline.apiUrl}/api/health`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
  });
});
